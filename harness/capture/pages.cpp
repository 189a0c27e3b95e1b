#include "harness/capture/pages.h"

#include <fcntl.h>
#include <linux/ioctl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/fd.h"

namespace rb::capture {
namespace {

constexpr std::uint64_t kPage = RBI_PAGE_SIZE;

// Entries of pagemap, Documentation/admin-guide/mm/pagemap.rst.
constexpr std::uint64_t kPresent = 1ull << 63;
constexpr std::uint64_t kSwapped = 1ull << 62;
constexpr std::uint64_t kFileOrShared = 1ull << 61;
constexpr std::uint64_t kFrameMask = (1ull << 55) - 1;

// struct pm_scan_arg and what goes with it, linux/fs.h since 6.7.
struct ScanRegion {
  std::uint64_t start, end, categories;
};
struct ScanArguments {
  std::uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages, category_inverted,
      category_mask, category_anyof_mask, return_mask;
};
constexpr unsigned long kPagemapScan = _IOWR('f', 16, ScanArguments);
constexpr std::uint64_t kIsFile = 1u << 2;
constexpr std::uint64_t kIsPresent = 1u << 3;
constexpr std::uint64_t kIsSwapped = 1u << 4;
constexpr std::uint64_t kIsZeroFrame = 1u << 5;

/// The number of the frame that reads of untouched memory map; 0 if it is not told.
std::uint64_t find_zero_frame() {
  void* address =
      ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) return 0;
  const Mapping mapping(address, kPage);
  static_cast<void>(*static_cast<volatile char*>(address));
  const Fd fd(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  std::uint64_t entry = 0;
  const auto at =
      static_cast<off_t>(reinterpret_cast<std::uintptr_t>(address) / kPage * sizeof entry);
  if (!fd.valid() || ::pread(fd.get(), &entry, sizeof entry, at) != sizeof entry) return 0;
  return (entry & kPresent) != 0 ? entry & kFrameMask : 0;
}

void append(std::vector<PageRange>& pages, std::uint64_t start, std::uint64_t end) {
  if (!pages.empty() && pages.back().address + pages.back().pages * kPage == start) {
    pages.back().pages += (end - start) / kPage;
  } else {
    pages.push_back({start, (end - start) / kPage});
  }
}

}  // namespace

PageMap::PageMap(Fd fd) : fd_(std::move(fd)) {
  static const std::uint64_t kZeroFrame = find_zero_frame();
  zero_frame_ = kZeroFrame;
}

OrErrno<PageMap> PageMap::open(const std::string& directory) {
  Fd fd(::open((directory + "/pagemap").c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return tl::unexpected<int>(errno);
  return PageMap(std::move(fd));
}

OrErrno<std::vector<PageRange>> PageMap::own_pages(std::uint64_t start, std::uint64_t end) {
  std::vector<PageRange> pages;
  if (scans_) {
    const int error = scan(start, end, pages);
    if (error == 0) return pages;
    if (error != ENOTTY && error != EINVAL) return tl::unexpected<int>(error);
    scans_ = false;
    pages.clear();
  }
  if (const int error = read(start, end, pages); error != 0) return tl::unexpected<int>(error);
  return pages;
}

int PageMap::scan(std::uint64_t start, std::uint64_t end, std::vector<PageRange>& pages) {
  std::array<ScanRegion, 512> regions;
  while (start < end) {
    ScanArguments arguments{};
    arguments.size = sizeof arguments;
    arguments.start = start;
    arguments.end = end;
    arguments.vec = reinterpret_cast<std::uint64_t>(regions.data());
    arguments.vec_len = regions.size();
    arguments.category_inverted = kIsFile | kIsZeroFrame;
    arguments.category_mask = kIsFile | kIsZeroFrame;
    arguments.category_anyof_mask = kIsPresent | kIsSwapped;
    const int count = ::ioctl(fd_.get(), kPagemapScan, &arguments);
    if (count < 0) return errno;
    for (int i = 0; i < count; ++i) {
      append(pages, regions[static_cast<std::size_t>(i)].start,
             regions[static_cast<std::size_t>(i)].end);
    }
    if (arguments.walk_end <= start) return EINVAL;
    start = arguments.walk_end;
  }
  return 0;
}

int PageMap::read(std::uint64_t start, std::uint64_t end, std::vector<PageRange>& pages) {
  std::vector<std::uint64_t> entries(1u << 16);
  for (std::uint64_t at = start; at < end;) {
    const std::size_t wanted = std::min<std::uint64_t>(entries.size(), (end - at) / kPage);
    const ssize_t got = ::pread(fd_.get(), entries.data(), wanted * sizeof entries[0],
                                static_cast<off_t>(at / kPage * sizeof entries[0]));
    if (got < 0) return errno;
    const std::size_t count = static_cast<std::size_t>(got) / sizeof entries[0];
    if (count == 0) return EIO;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t entry = entries[i];
      const bool there = (entry & (kPresent | kSwapped)) != 0 && (entry & kFileOrShared) == 0;
      const bool zero =
          (entry & kPresent) != 0 && zero_frame_ != 0 && (entry & kFrameMask) == zero_frame_;
      if (there && !zero) append(pages, at + i * kPage, at + (i + 1) * kPage);
    }
    at += count * kPage;
  }
  return 0;
}

}  // namespace rb::capture
