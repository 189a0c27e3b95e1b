// What a strategy says of its own restarts, besides their time.
#pragma once

#include <array>
#include <cstdint>

namespace rb {

/// What became of shared objects in one restart; by class: mm, files, fs, sighand.
struct ObjectCounts {
  std::array<std::uint64_t, 4> made{};       ///< new ones
  std::array<std::uint64_t, 4> attached{};   ///< times a task was given another one
  std::array<std::uint64_t, 4> inherited{};  ///< times a task kept its creator's
};

/// Work of one restart of which nothing is left in the tree, by the strategy's own plan.
struct RestartWork {
  std::uint64_t throwaway_tasks = 0;  ///< made to make others, and gone
  std::uint64_t execs = 0;            ///< to get a new mm
  std::uint64_t unshares = 0;         ///< calls of unshare(2)
  /// Descriptors in tables that clone or unshare copied: wanted ones, too.
  std::uint64_t descriptors_copied = 0;
  std::uint64_t descriptors_closed = 0;  ///< copied or opened, and closed again
  /// Page-table entries of private memory that clone copied. What tasks touch of the
  /// restorer's own is shared memory, whose entries it does not copy.
  std::uint64_t pages_copied = 0;
};

struct RestartAccount {
  ObjectCounts objects;  ///< without those of a process that restarts and is not in the tree
  RestartWork work;
};

}  // namespace rb
