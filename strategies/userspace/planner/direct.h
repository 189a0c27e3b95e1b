// The linear fast path: trees whose every task is cloned from its parent's leader.
#pragma once

#include <optional>

#include "strategies/userspace/planner/normal.h"
#include "strategies/userspace/planner/plan.h"

namespace rb {

/// Plans a graph in which every thread can be cloned from its leader and every
/// leader from its parent's leader, with no unshare and no exec; nullopt for
/// all others. O(tasks), in the order of the graph.
[[nodiscard]] std::optional<Plan> plan_direct(const SharingGraph& graph, const NormalGraph& normal);

}  // namespace rb
