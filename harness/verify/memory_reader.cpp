#include "harness/verify/memory_reader.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "image/format.h"

namespace rb {

int MemoryReader::read(std::uint64_t address, std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    iovec local{bytes.data(), bytes.size()};
    iovec remote{reinterpret_cast<void*>(address), bytes.size()};
    ssize_t got = ::process_vm_readv(static_cast<pid_t>(pid_), &local, 1, &remote, 1, 0);
    if (got < 0 && errno == EFAULT) {
      if (!mem_.valid()) mem_ = Fd(::open((directory_ + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
      if (!mem_.valid()) return errno;
      got = ::pread(mem_.get(), bytes.data(), bytes.size(), static_cast<off_t>(address));
      if (got == 0) return EFAULT;
    }
    if (got < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
    address += static_cast<std::uint64_t>(got);
  }
  return 0;
}

std::optional<std::size_t> first_difference(std::span<const std::byte> expected,
                                            std::span<const std::byte> found, std::uint64_t address,
                                            std::span<const AddressRange> ignored) {
  if (std::memcmp(expected.data(), found.data(), expected.size()) == 0) return std::nullopt;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] == found[i]) continue;
    const std::uint64_t at = address + i;
    const bool skip = std::any_of(ignored.begin(), ignored.end(), [&](const AddressRange& range) {
      return range.start <= at && at < range.end;
    });
    if (!skip) return i;
  }
  return std::nullopt;
}

OrErrno<std::vector<AddressRange>> private_pages(const std::string& directory, std::uint64_t start,
                                                 std::uint64_t end) {
  // Bits of an entry: Documentation/admin-guide/mm/pagemap.rst.
  constexpr std::uint64_t kPresent = std::uint64_t{1} << 63;
  constexpr std::uint64_t kSwapped = std::uint64_t{1} << 62;
  constexpr std::uint64_t kFileOrShared = std::uint64_t{1} << 61;
  const Fd pagemap(::open((directory + "/pagemap").c_str(), O_RDONLY | O_CLOEXEC));
  if (!pagemap.valid()) return tl::unexpected<int>(errno);
  std::vector<AddressRange> found;
  std::vector<std::uint64_t> entries(std::min<std::uint64_t>((end - start) / RBI_PAGE_SIZE, 65536));
  for (std::uint64_t at = start; at < end;) {
    const std::uint64_t wanted =
        std::min<std::uint64_t>(entries.size(), (end - at) / RBI_PAGE_SIZE);
    const ssize_t got = ::pread(pagemap.get(), entries.data(), wanted * sizeof entries[0],
                                static_cast<off_t>(at / RBI_PAGE_SIZE * sizeof entries[0]));
    if (got < 0) return tl::unexpected<int>(errno);
    if (got == 0) break;
    for (std::size_t i = 0; i < static_cast<std::size_t>(got) / sizeof entries[0]; ++i) {
      const std::uint64_t page = at + i * RBI_PAGE_SIZE;
      if ((entries[i] & (kPresent | kSwapped)) == 0 || (entries[i] & kFileOrShared) != 0) continue;
      if (!found.empty() && found.back().end == page) {
        found.back().end += RBI_PAGE_SIZE;
      } else {
        found.push_back({page, page + RBI_PAGE_SIZE});
      }
    }
    at += static_cast<std::uint64_t>(got) / sizeof entries[0] * RBI_PAGE_SIZE;
  }
  return found;
}

}  // namespace rb
