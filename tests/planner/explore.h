// What stock system calls can reach at all, found forwards and without a planner.
#pragma once

#include <cstdint>
#include <unordered_set>

#include "strategies/userspace/planner/graph.h"

namespace rb::test {

/// Every arrangement of single-threaded processes that some history of clone,
/// unshare, execve and exit leads to, with at most max_tasks alive at a time;
/// by canonical number, so that renamed processes count once.
class Reachable {
 public:
  /// max_tasks: 1 to 4.
  explicit Reachable(int max_tasks);

  [[nodiscard]] bool contains(const SharingGraph& graph) const;
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  std::unordered_set<std::uint64_t> known_;
};

}  // namespace rb::test
