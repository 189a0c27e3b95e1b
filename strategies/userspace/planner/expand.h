// From moves to steps: helpers, subreapers and reaping spelled out.
#pragma once

#include <vector>

#include "strategies/userspace/planner/plan.h"
#include "strategies/userspace/planner/reduce.h"

namespace rb {

/// Turns moves (last to first, as found) into a plan: numbers throw-away tasks
/// from the graph's size up, inserts kSubreaper and kReap, drops what unshares
/// and execs prove needless, counts, and decides whether it is ordered.
[[nodiscard]] Plan expand(const SharingGraph& graph, const std::vector<Move>& moves);

/// Drops unshares and execs of objects that nobody else uses at that moment: they would
/// copy an object only to free the original. Drops unshares of files whose every other
/// user leaves them, the last by an exec. O(steps).
void prune(const SharingGraph& graph, Plan& plan);

}  // namespace rb
