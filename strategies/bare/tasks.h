// The reference that creates an image's tasks.
#pragma once

#include "strategies/strategy.h"
#include "strategies/userspace/compile.h"

namespace rb {

/// Compiles the mere creation of the plan's tasks with the right flags. Pure.
[[nodiscard]] Program compile_bare(const SharingGraph& graph, const Plan& plan,
                                   const CreatorSize& creator = {});

/// Creates the image's tasks by the planned creators, with the right flags, and
/// nothing else: the least that making a tree can cost.
extern const Strategy kBare;

}  // namespace rb
