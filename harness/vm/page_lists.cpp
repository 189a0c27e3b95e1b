#include "harness/vm/page_lists.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <x86intrin.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

namespace rb::vm {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kRoom = 8192 * kPage;  // no list is longer

/// What a refill takes more than a page without one: 5,000 instructions, or 2,000 for
/// the few large blocks of one. An interrupt in between does no harm twice in a row.
constexpr std::uint64_t kRefill = 2500;
constexpr std::uint64_t kLargeRefill = 1500;

/// A pipe of that many bytes has an array of 40 bytes a page, which is past what slabs
/// are for: blocks of 8 and of 4 pages.
constexpr int kPipeOf8 = 2 << 20;
constexpr int kPipeOf4 = 1 << 20;
constexpr int kLongestOfBlocks = 100;

/// Calls take(0), take(1) … until one takes longer than the shortest by `more`.
template <class Take>
void take_until_refill(const Take& take, std::uint64_t more, std::size_t most) {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t i = 0; i < most; ++i) {
    const std::uint64_t begin = __rdtsc();
    take(i);
    const std::uint64_t took = __rdtsc() - begin;
    if (i > 1 && took > least + more) return;
    least = std::min(least, took);
  }
}

std::array<Fd, 2> make_pipe(int size) {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0) ::fcntl(ends[0], F_SETPIPE_SZ, size);
  return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

Result<PageLists> PageLists::create() {
  void* address =
      ::mmap(nullptr, kRoom, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) return fail_errno("mmap");
  Mapping room(address, kRoom);
  ::madvise(address, kRoom, MADV_DONTFORK);
  // Its page tables are to stay: they are pages, too.
  if (::madvise(address, kRoom, MADV_POPULATE_WRITE) != 0) return fail_errno("madvise");
  return PageLists(std::move(room));
}

void PageLists::pin() {
  rings_.clear();
  for (Fd& end : small_) end.reset();
  ::madvise(room_.data(), kRoom, MADV_DONTNEED);

  rings_.reserve(std::size_t{4} * kLongestOfBlocks);
  for (const int size : {kPipeOf8, kPipeOf4}) {
    const auto ring = [&](std::size_t) {
      auto [read_end, write_end] = make_pipe(size);
      rings_.push_back(std::move(read_end));
      rings_.push_back(std::move(write_end));
    };
    take_until_refill(ring, kLargeRefill, kLongestOfBlocks);
  }
  small_ = make_pipe(kPipeOf8);
  static const char page[kPage] = {};
  const auto unmovable = [&](std::size_t) { (void)!::write(small_[1].get(), page, kPage); };
  take_until_refill(unmovable, kRefill, kPipeOf8 / kPage);
  auto* const room = reinterpret_cast<volatile char*>(room_.data());
  take_until_refill([&](std::size_t i) { room[i * kPage] = 1; }, kRefill, kRoom / kPage);
}

}  // namespace rb::vm
