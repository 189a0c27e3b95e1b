// Another order in which a plan's actors may happen to run.
#pragma once

#include <random>

#include "strategies/userspace/planner/plan.h"

namespace rb::test {

/// The steps in a random order that keeps each actor's own order and starts an
/// actor after its creation: what plans that are not `ordered` must bear.
[[nodiscard]] Plan interleave(const Plan& plan, std::mt19937_64& random);

}  // namespace rb::test
