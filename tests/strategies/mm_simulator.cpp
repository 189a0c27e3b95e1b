#include "tests/strategies/mm_simulator.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cstring>

namespace rb::test {
namespace {

constexpr std::uint64_t kPage = RBI_PAGE_SIZE;

[[nodiscard]] std::uint32_t flags_of(const rst_op& op) {
  std::uint32_t flags = 0;
  if ((op.c & MAP_SHARED) != 0) flags |= RBI_VMA_SHARED;
  if ((op.c & MAP_GROWSDOWN) != 0) flags |= RBI_VMA_GROWSDOWN;
  if ((op.c & MAP_NORESERVE) != 0) flags |= RBI_VMA_NORESERVE;
  if ((op.c & MAP_STACK) != 0) flags |= RBI_VMA_STACK;
  return flags;
}

/// RBI_VMA_* of MADV_*
[[nodiscard]] std::uint32_t advice_of(std::uint64_t advice) {
  switch (advice) {
    case MADV_SEQUENTIAL:
      return RBI_VMA_SEQUENTIAL;
    case MADV_RANDOM:
      return RBI_VMA_RANDOM;
    case MADV_DONTFORK:
      return RBI_VMA_DONTFORK;
    case MADV_DONTDUMP:
      return RBI_VMA_DONTDUMP;
    case MADV_WIPEONFORK:
      return RBI_VMA_WIPEONFORK;
    case MADV_MERGEABLE:
      return RBI_VMA_MERGEABLE;
    case MADV_HUGEPAGE:
      return RBI_VMA_HUGEPAGE;
    case MADV_NOHUGEPAGE:
      return RBI_VMA_NOHUGEPAGE;
    default:
      return ~0u;
  }
}

[[nodiscard]] bool equal_contents(const std::byte* a, const std::byte* b) {
  static constexpr std::byte kZeroes[kPage] = {};
  return std::memcmp(a == nullptr ? kZeroes : a, b == nullptr ? kZeroes : b, kPage) == 0;
}

}  // namespace

bool MmSimulator::Page::operator==(const Page& other) const {
  return prot == other.prot && kind == other.kind && flags == other.flags &&
         offset == other.offset && equal_contents(contents, other.contents);
}

void MmSimulator::wrong(const std::string& what, std::uint64_t address) {
  mistakes_ += fmt::format("{} at {:#x}\n", what, address);
}

void MmSimulator::map(const rst_op& op) {
  Page page;
  page.prot = op.y;
  page.flags = flags_of(op);
  page.kind = (op.c & MAP_ANONYMOUS) != 0 ? RBI_VMA_ANON : RBI_VMA_FILE;  // or shared memory
  if (op.kind == RST_VDSO) page = {PROT_READ | PROT_EXEC, RBI_VMA_VDSO, 0, 0, nullptr};
  for (std::uint64_t at = op.a; at < op.a + op.b; at += kPage) {
    if (page.kind == RBI_VMA_FILE) page.offset = op.d + (at - op.a);
    if (!pages_.try_emplace(at, page).second) wrong("EEXIST", at);
  }
}

void MmSimulator::copy(std::uint64_t to, std::uint64_t size, const std::byte* from) {
  for (std::uint64_t done = 0; done < size; done += kPage) {
    const auto page = pages_.find(to + done);
    if (page == pages_.end() || (page->second.prot & PROT_WRITE) == 0) {
      wrong("SIGSEGV", to + done);
      continue;
    }
    page->second.contents = from + done;
  }
}

/// Those that follow by the same descriptor are of the same file.
void MmSimulator::check_file(const rst_op& op) {
  if (same_file_ == 0) {
    file_ = {op.e, op.z};
    same_file_ = op.x;
    return;
  }
  --same_file_;
  if (file_ != std::pair<std::uint64_t, std::uint32_t>{op.e, op.z}) wrong("another file", op.a);
}

void MmSimulator::advise(const rst_op& op, std::uint32_t flags) {
  for (std::uint64_t at = op.a; at < op.a + op.b; at += kPage) {
    if (const auto page = pages_.find(at); page != pages_.end()) {
      page->second.flags |= flags;
    } else {
      wrong("ENOMEM", at);
    }
  }
}

void MmSimulator::fill(const rbi_run& run) {
  copy(run.address, run.pages * kPage, at_->image().bytes().data() + run.offset);
}

void MmSimulator::run(std::span<const rst_op> ops) {
  const std::byte* image = at_->image().bytes().data();
  const std::uint64_t base = at_->of_offset(0);
  for (const rst_op& op : ops) {
    switch (op.kind) {
      case RST_EXEC:
        pages_.clear();
        layout_ = nullptr;
        break;
      case RST_MMAP_PATH:
        check_file(op);
        map(op);
        break;
      case RST_MMAP:
      case RST_MMAP_FETCH:
      case RST_VDSO:
        map(op);
        break;
      case RST_MUNMAP:
        for (std::uint64_t at = op.a; at < op.a + op.b; at += kPage) {
          if (pages_.erase(at) == 0) wrong("nothing to unmap", at);
        }
        break;
      case RST_MPROTECT:
        for (std::uint64_t at = op.a; at < op.a + op.b; at += kPage) {
          if (const auto page = pages_.find(at); page != pages_.end()) {
            page->second.prot = op.y;
          } else {
            wrong("ENOMEM", at);
          }
        }
        break;
      case RST_MADVISE:
        advise(op, advice_of(op.c));
        break;
      case RST_MLOCK:
        advise(op, RBI_VMA_LOCKED | (op.c == MLOCK_ONFAULT ? RBI_VMA_LOCKONFAULT : 0u));
        break;
      case RST_FILL:
        copy(op.a, op.b, image + (op.c - base));
        break;
      case RST_SET_MM:
        layout_ = reinterpret_cast<const rbi_mm*>(image + (op.a - base));
        break;
      default:
        break;
    }
  }
}

std::map<std::uint64_t, MmSimulator::Page> MmSimulator::wanted_pages(const rbi_mm& mm) const {
  const Image& image = at_->image();
  std::map<std::uint64_t, Page> wanted;
  for (const rbi_vma& vma : image.vmas_of(mm)) {
    for (std::uint64_t at = vma.start; at < vma.end; at += kPage) {
      Page page = {vma.prot, vma.kind, vma.flags, 0, nullptr};
      if (vma.kind == RBI_VMA_SHMEM) page.kind = RBI_VMA_FILE;
      if (vma.kind == RBI_VMA_VDSO) page.flags = 0;
      if (page.kind == RBI_VMA_FILE) page.offset = vma.offset + (at - vma.start);
      wanted.emplace(at, page);
    }
  }
  for (const rbi_run& run : image.runs_of(mm)) {
    for (std::uint64_t i = 0; i < run.pages; ++i) {
      wanted.at(run.address + i * kPage).contents = image.contents(run).data() + i * kPage;
    }
  }
  return wanted;
}

std::string MmSimulator::verdict(const rbi_mm& wanted) const {
  std::string found = mistakes_;
  const auto pages = wanted_pages(wanted);
  for (const auto& [at, page] : pages) {
    const auto have = pages_.find(at);
    if (have == pages_.end()) {
      found += fmt::format("nothing at {:#x}\n", at);
    } else if (!(have->second == page)) {
      found += fmt::format("another page at {:#x}: prot {} for {}, kind {} for {}\n", at,
                           have->second.prot, page.prot, have->second.kind, page.kind);
    }
  }
  for (const auto& [at, page] : pages_) {
    if (!pages.contains(at)) found += fmt::format("a page too many at {:#x}\n", at);
  }
  if ((wanted.flags & RBI_MM_LAYOUT) != 0) {
    constexpr std::size_t kFirst = offsetof(rbi_mm, start_code);
    if (layout_ == nullptr ||
        std::memcmp(&layout_->start_code, &wanted.start_code, sizeof wanted - kFirst) != 0) {
      found += "another layout\n";
    }
  }
  return found;
}

}  // namespace rb::test
