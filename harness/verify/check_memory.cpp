#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "harness/verify/checks.h"
#include "harness/verify/memory_reader.h"

namespace rb {
namespace {

constexpr std::uint64_t kChunk = 1u << 20;

/// The kernel writes cpu numbers into struct rseq whenever a registered task
/// returns to user mode, and clears rseq_cs: these bytes are not the image's.
constexpr std::uint64_t kRseqSize = 32;

class MemoryCheck {
 public:
  MemoryCheck(Inspection& inspection, const std::vector<std::vector<ProcMapping>>& spaces)
      : in_(inspection), image_(inspection.image), spaces_(spaces), buffer_(kChunk) {}

  Status run();

 private:
  Status check_private(std::uint32_t task, const rbi_mm& mm, std::span<const AddressRange> rseqs);
  Status check_gap(std::uint32_t task, MemoryReader& reader, const rbi_vma& vma, AddressRange gap);
  Status check_page(std::uint32_t task, MemoryReader& reader, std::uint64_t page, int file,
                    std::uint64_t offset);
  Status check_backing(std::uint32_t backing);
  [[nodiscard]] Fd open_backing(std::uint32_t backing, std::uint32_t& task, int& error) const;

  /// @param where  what address counts from, for the message
  void report(std::uint32_t task, const std::string& where, std::uint64_t address,
              std::byte expected, std::byte found) {
    in_.findings.add("{}: {} {:#x}: expected byte {:#04x}, found {:#04x}", in_.name(task), where,
                     address, std::to_integer<unsigned>(expected),
                     std::to_integer<unsigned>(found));
  }

  Inspection& in_;
  const Image& image_;
  const std::vector<std::vector<ProcMapping>>& spaces_;
  std::vector<std::uint32_t> task_of_mm_;
  std::vector<std::byte> buffer_;
};

Status MemoryCheck::run() {
  const auto mms = image_.mms();
  task_of_mm_ = in_.representatives(&rbi_task::mm, mms.size());
  std::vector<std::vector<AddressRange>> rseqs(mms.size());
  for (const rbi_task& task : image_.tasks()) {
    if (task.rseq == 0) continue;
    const auto size = std::max<std::uint64_t>(task.rseq_len, kRseqSize);
    rseqs[task.mm].push_back({task.rseq, task.rseq + size});
  }
  for (std::size_t i = 0; i < mms.size(); ++i) {
    if (task_of_mm_[i] != RBI_NONE) RB_TRY(check_private(task_of_mm_[i], mms[i], rseqs[i]));
  }
  for (std::uint32_t i = 0; i < image_.backings().size(); ++i) {
    if (image_.backings()[i].kind == RBI_BACKING_SHMEM) RB_TRY(check_backing(i));
  }
  return {};
}

Status MemoryCheck::check_private(std::uint32_t task, const rbi_mm& mm,
                                  std::span<const AddressRange> rseqs) {
  MemoryReader reader(in_.pid(task), in_.directory(task));
  const auto runs = image_.runs_of(mm);
  for (const rbi_run& run : runs) {
    const auto contents = image_.contents(run);
    for (std::uint64_t done = 0; done < contents.size(); done += kChunk) {
      const auto expected = contents.subspan(done, std::min(kChunk, contents.size() - done));
      const std::span<std::byte> found(buffer_.data(), expected.size());
      const std::uint64_t address = run.address + done;
      if (const int error = reader.read(address, found); error != 0) {
        if (error != EFAULT && error != EIO) return in_.unreadable(task, "memory", error);
        in_.findings.add("{}: memory at {:#x}: cannot be read", in_.name(task), address);
        break;
      }
      if (const auto at = first_difference(expected, found, address, rseqs)) {
        report(task, "memory at", address + *at, expected[*at], found[*at]);
        break;  // One sentence a run.
      }
    }
  }
  // Pages that no run names must read as zero or as the file.
  auto run = runs.begin();
  for (const rbi_vma& vma : image_.vmas_of(mm)) {
    if ((vma.flags & RBI_VMA_SHARED) != 0 || vma.kind == RBI_VMA_VDSO ||
        vma.kind == RBI_VMA_SHMEM) {
      continue;
    }
    std::uint64_t at = vma.start;
    while (run != runs.end() && run->address < vma.start) ++run;
    for (; run != runs.end() && run->address < vma.end; ++run) {
      if (at < run->address) RB_TRY(check_gap(task, reader, vma, {at, run->address}));
      at = run->address + run->pages * RBI_PAGE_SIZE;
    }
    if (at < vma.end) RB_TRY(check_gap(task, reader, vma, {at, vma.end}));
  }
  return {};
}

Status MemoryCheck::check_gap(std::uint32_t task, MemoryReader& reader, const rbi_vma& vma,
                              AddressRange gap) {
  const auto pages = private_pages(in_.directory(task), gap.start, gap.end);
  if (!pages) return in_.unreadable(task, "pagemap", pages.error());
  if (pages->empty()) return {};
  Fd file;
  if (vma.kind == RBI_VMA_FILE) {
    const std::string path(image_.string(image_.backings()[vma.backing].path));
    file = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) return fail_errno("cannot open mapped file " + path);
  }
  for (const AddressRange& range : *pages) {
    for (std::uint64_t page = range.start; page < range.end; page += RBI_PAGE_SIZE) {
      RB_TRY(check_page(task, reader, page, file.get(), vma.offset + (page - vma.start)));
    }
  }
  return {};
}

Status MemoryCheck::check_page(std::uint32_t task, MemoryReader& reader, std::uint64_t page,
                               int file, std::uint64_t offset) {
  std::byte expected[RBI_PAGE_SIZE] = {};
  if (file >= 0 && ::pread(file, expected, sizeof expected, static_cast<off_t>(offset)) < 0) {
    return fail_errno("cannot read a mapped file");
  }
  const std::span<std::byte> found(buffer_.data(), sizeof expected);
  if (const int error = reader.read(page, found); error != 0) {
    return error == EFAULT || error == EIO ? Status{} : in_.unreadable(task, "memory", error);
  }
  if (const auto at = first_difference(expected, found, page, {})) {
    report(task, "memory without contents in the image, at", page + *at, expected[*at], found[*at]);
  }
  return {};
}

/// Any mapping of shared memory leads to all of it.
Fd MemoryCheck::open_backing(std::uint32_t backing, std::uint32_t& task, int& error) const {
  error = ENOENT;
  for (std::uint32_t i = 0; i < image_.mms().size(); ++i) {
    if (task_of_mm_[i] == RBI_NONE) continue;
    for (const rbi_vma& vma : image_.vmas_of(image_.mms()[i])) {
      if (vma.kind != RBI_VMA_SHMEM || vma.backing != backing) continue;
      const auto mapping =
          std::find_if(spaces_[i].begin(), spaces_[i].end(), [&](const ProcMapping& one) {
            return one.start <= vma.start && vma.start < one.end && one.inode != 0;
          });
      if (mapping == spaces_[i].end()) continue;
      task = task_of_mm_[i];
      Fd fd(::open(
          fmt::format("/proc/{}/map_files/{:x}-{:x}", in_.pid(task), mapping->start, mapping->end)
              .c_str(),
          O_RDONLY | O_CLOEXEC));
      if (fd.valid()) return fd;
      error = errno;
    }
  }
  return {};
}

Status MemoryCheck::check_backing(std::uint32_t backing) {
  std::uint32_t task = RBI_NONE;
  int error = 0;
  const Fd fd = open_backing(backing, task, error);
  if (!fd.valid()) {
    if (task == RBI_NONE || error == ENOENT) return {};  // No mapping: check_maps() says so.
    return in_.unreadable(task, "shared memory (map_files)", error);
  }
  const std::string where = fmt::format("shared memory {} at offset", backing);
  const auto runs = image_.runs_of(image_.backings()[backing]);
  for (const rbi_run& run : runs) {
    const auto contents = image_.contents(run);
    for (std::uint64_t done = 0; done < contents.size(); done += kChunk) {
      const auto expected = contents.subspan(done, std::min(kChunk, contents.size() - done));
      std::fill_n(buffer_.begin(), expected.size(), std::byte{});
      // A short read is one beyond the end, which reads as zero here.
      if (::pread(fd.get(), buffer_.data(), expected.size(),
                  static_cast<off_t>(run.address + done)) < 0) {
        return in_.unreadable(task, "shared memory", errno);
      }
      const std::span<const std::byte> found(buffer_.data(), expected.size());
      if (const auto at = first_difference(expected, found, run.address + done, {})) {
        report(task, where, run.address + done + *at, expected[*at], found[*at]);
        break;
      }
    }
  }
  // What no run names is zero: a hole, or a page of zeros.
  auto run = runs.begin();
  std::byte page[RBI_PAGE_SIZE];
  const std::byte zero[RBI_PAGE_SIZE] = {};
  off_t at = ::lseek(fd.get(), 0, SEEK_DATA);
  while (at >= 0) {
    const auto offset = static_cast<std::uint64_t>(at);
    while (run != runs.end() && run->address + run->pages * RBI_PAGE_SIZE <= offset) ++run;
    if (run != runs.end() && run->address <= offset) {
      at = ::lseek(fd.get(), static_cast<off_t>(run->address + run->pages * RBI_PAGE_SIZE),
                   SEEK_DATA);
      continue;
    }
    std::memset(page, 0, sizeof page);
    if (::pread(fd.get(), page, sizeof page, at) < 0) {
      return in_.unreadable(task, "shared memory", errno);
    }
    if (const auto differs = first_difference(zero, page, offset, {})) {
      report(task, where, offset + *differs, std::byte{}, page[*differs]);
    }
    at = ::lseek(fd.get(), at + RBI_PAGE_SIZE, SEEK_DATA);
  }
  return {};
}

}  // namespace

Status check_memory(Inspection& inspection, const std::vector<std::vector<ProcMapping>>& spaces) {
  return MemoryCheck(inspection, spaces).run();
}

}  // namespace rb
