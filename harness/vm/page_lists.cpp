#include "harness/vm/page_lists.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <x86intrin.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <utility>

namespace rb::vm {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kMostPages = 8192;  // no list is longer
constexpr std::size_t kRoom = kMostPages * kPage;

/// A message of so many bytes to a stream socket of AF_UNIX is one block of 2^order pages.
constexpr std::array<unsigned, 4> kOrders = {3, 2, 1, 0};  // 0 last: sockets take such, too
constexpr int kSocketRoom = 256 << 20;

/// What is worth a look whether it was a refill, which takes 5,000 instructions and more.
/// Others are interrupts, new slabs, and what the kernel does for each fifteenth page.
constexpr std::uint64_t kMaybeRefill = 2500;
/// A refill is of some 60 pages; besides, some are taken for what describes messages.
constexpr long kOfRefill = 24;

const std::array<char, kPage << kOrders[0]> kBytes{};

}  // namespace

Result<PageLists> PageLists::create() {
  void* address =
      ::mmap(nullptr, kRoom, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) return fail_errno("mmap");
  Mapping room(address, kRoom);
  ::madvise(address, kRoom, MADV_DONTFORK);
  // Its page tables are to stay: they are pages, too.
  if (::madvise(address, kRoom, MADV_POPULATE_WRITE) != 0) return fail_errno("madvise");
  std::array<int, 2> pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data()) != 0) {
    return fail_errno("socketpair");
  }
  std::array<Fd, 2> ends = {Fd(pair[0]), Fd(pair[1])};
  if (::setsockopt(pair[0], SOL_SOCKET, SO_SNDBUFFORCE, &kSocketRoom, sizeof kSocketRoom) != 0) {
    return fail_errno("SO_SNDBUFFORCE");
  }
  Fd zones(::open("/proc/zoneinfo", O_RDONLY | O_CLOEXEC));
  if (!zones.valid()) return fail_errno("cannot open /proc/zoneinfo");
  return PageLists(std::move(room), std::move(ends), std::move(zones));
}

/// Pages in all lists together.
long PageLists::listed_pages() const {
  static std::array<char, 64 << 10> text;
  std::size_t size = 0;
  // Each read is of one zone, or some.
  while (size < text.size()) {
    const ssize_t got =
        ::pread(zones_.get(), text.data() + size, text.size() - size, static_cast<off_t>(size));
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  constexpr std::string_view kCount = " count: ";
  std::string_view rest(text.data(), size);
  long pages = 0;
  for (std::size_t at = 0; (at = rest.find(kCount)) != std::string_view::npos;) {
    rest.remove_prefix(at + kCount.size());
    pages += std::strtol(rest.data(), nullptr, 10);
  }
  return pages;
}

/// Calls take(0), take(1) … until the lists became longer by it.
/// @param pages what one call takes
template <class Take>
void PageLists::take_until_refill(const Take& take, long pages, std::size_t most) const {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max() - kMaybeRefill;
  long before = listed_pages();
  for (std::size_t i = 0; i < most; ++i) {
    const std::uint64_t begin = __rdtsc();
    take(i);
    const std::uint64_t took = __rdtsc() - begin;
    before -= pages;
    if (i == 0 || took > least + kMaybeRefill) {
      const long now = listed_pages();
      if (now > before + kOfRefill) return;
      before = now;
    }
    least = std::min(least, took);
  }
}

void PageLists::release() {
  static std::array<char, kBytes.size()> nowhere;
  while (sent_ > 0) {
    const ssize_t got = ::read(ends_[1].get(), nowhere.data(), nowhere.size());
    if (got <= 0) break;
    sent_ -= static_cast<std::size_t>(got);
  }
  ::madvise(room_.data(), kRoom, MADV_DONTNEED);
}

void PageLists::pin() {
  for (const unsigned order : kOrders) {
    const std::size_t size = kPage << order;
    const auto block = [&](std::size_t) {
      const ssize_t put = ::write(ends_[0].get(), kBytes.data(), size);
      if (put > 0) sent_ += static_cast<std::size_t>(put);
    };
    take_until_refill(block, 1L << order, kMostPages >> order);
  }
  auto* const room = reinterpret_cast<volatile char*>(room_.data());
  take_until_refill([&](std::size_t i) { room[i * kPage] = 1; }, 1, kMostPages - 1);
  // New pages wait in a batch of 15 to be put on the LRU lists. This does it for all that
  // wait, and nothing else, as the page is none yet.
  ::madvise(room_.data() + kRoom - kPage, kPage, MADV_COLD);
}

}  // namespace rb::vm
