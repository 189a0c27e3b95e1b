// The kernel's per-CPU lists of free pages, brought to a known length.
#pragma once

#include <array>
#include <utility>

#include "base/error.h"
#include "base/fd.h"

namespace rb::vm {

/// A page is taken from a list of its CPU, one for each size of block and kind of use; an
/// empty list is refilled from the buddy allocator, 63 pages at once, for as many
/// instructions as a page fault takes six of. So how many refills a restart meets depends
/// on how full the lists are.
class PageLists {
 public:
  /// Makes what takes pages. Errors: kSystem.
  [[nodiscard]] static Result<PageLists> create();
  /// Gives back what pin() took.
  void release();
  /// Takes from each list until it is refilled: then it is as long as a refill makes it.
  void pin();

  /// Address range of the room, which nobody else is to touch.
  [[nodiscard]] const void* room() const { return room_.data(); }

 private:
  PageLists(Mapping room, std::array<Fd, 2> ends, Fd zones)
      : room_(std::move(room)), ends_(std::move(ends)), zones_(std::move(zones)) {}

  template <class Take>
  void take_until_refill(const Take& take, long pages, std::size_t most) const;
  [[nodiscard]] long listed_pages() const;

  Mapping room_;            ///< movable pages
  std::array<Fd, 2> ends_;  ///< of a socket: blocks of unmovable pages
  Fd zones_;                ///< /proc/zoneinfo
  std::size_t sent_ = 0;    ///< bytes that are in the socket
};

}  // namespace rb::vm
