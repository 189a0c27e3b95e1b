// A sharing graph checked and renumbered, so that the planner can index by number.
#pragma once

#include <array>
#include <vector>

#include "base/error.h"
#include "strategies/userspace/planner/graph.h"

namespace rb {

/// The session of the coordinator, among the numbers of NormalGraph.
inline constexpr int kOutsideSession = 0;

/// What the planner needs of a graph, with objects and sessions numbered from 0.
struct NormalGraph {
  /// Numbers of mm, sighand, files, fs of each task, each class from 0.
  std::vector<std::array<int, kSharedCount>> object;
  std::array<int, kSharedCount> object_count{};
  /// Session of each task's thread group; kOutsideSession or from 1.
  std::vector<int> session;
  int session_count = 1;
};

/// Checks that a graph is well formed (order, leaders, one root) and free of
/// what no process can have or the planner cannot make, and renumbers it.
/// kBadImage: malformed. kUnsupported: a sighand shared without the mm, a
/// thread with an mm or sighand of its own, a session whose leader is gone.
/// O(tasks) for numbers that are dense.
[[nodiscard]] Result<NormalGraph> normalise(const SharingGraph& graph);

}  // namespace rb
