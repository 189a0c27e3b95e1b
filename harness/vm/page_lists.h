// The kernel's per-CPU lists of free pages, brought to a known length.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace rb::vm {

/// A page is taken from a list of its CPU; an empty list is refilled from the buddy
/// allocator, 63 pages at once, for as many instructions as a page fault takes six of.
/// So how many refills a restart meets depends on how full the lists are.
class PageLists {
 public:
  /// Maps the room for pages to take. Errors: kSystem.
  [[nodiscard]] static Result<PageLists> create();
  /// Gives back what was taken last time, and takes from each list until its refill
  /// shows in the instructions that it took: then it is as long as a refill makes it.
  void pin();

  /// Address range of the room, which nobody else is to touch.
  [[nodiscard]] const void* room() const { return room_.data(); }

 private:
  explicit PageLists(Mapping room) : room_(std::move(room)) {}

  Mapping room_;             ///< movable pages
  std::array<Fd, 2> small_;  ///< a pipe: unmovable pages
  std::vector<Fd> rings_;    ///< pipes' arrays of buffers: unmovable blocks of pages
};

}  // namespace rb::vm
