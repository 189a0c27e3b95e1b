// What every plan in these tests must hold to.
#pragma once

#include <string>

#include "strategies/userspace/planner/plan.h"
#include "tests/support/graphs.h"

namespace rb::test {

/// Empty, or what is wrong with a plan: replay, counters, useless objects.
[[nodiscard]] std::string check_plan(const SharingGraph& graph, const Plan& plan);

/// Objects that the plan makes beyond those of the graph, each class.
[[nodiscard]] std::array<int, kSharedCount> useless_objects(const SharingGraph& graph,
                                                            const Plan& plan);

/// One line a step, for messages.
[[nodiscard]] std::string describe(const Plan& plan);

}  // namespace rb::test
