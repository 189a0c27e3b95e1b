// From an image to the program of an optimistic restart.
#pragma once

#include "base/error.h"
#include "strategies/kernel/program.h"
#include "strategies/userspace/planner/plan.h"

namespace rb {

/// How user space makes the tasks when all objects are shared by all: parents,
/// threads, sessions and exit signals are the image's, nothing else. Refuses
/// what no order of clone(2) and setsid(2) makes. Pure.
/// @param width  how many tasks may create others at once
[[nodiscard]] Result<Plan> plan_all_shared(const SharingGraph& graph, unsigned width);

/// Compiles an optimistic restart: every task creates its own, sharing
/// everything, and then attaches itself to what the image says. Pure.
/// @param plan  of plan_all_shared()
[[nodiscard]] Program compile_optimistic(const ImageAt& at, const SharingGraph& graph,
                                         const Plan& plan);

}  // namespace rb
