// By which means a sharing graph is made: a scale for counting graphs.
#pragma once

#include <array>
#include <optional>

#include "strategies/userspace/planner/plan.h"

namespace rb {

/// A step on the scale: everything that the steps before it may use, and more.
struct MeansLevel {
  const char* name;
  PlannerMeans means;
};

inline constexpr std::array<MeansLevel, 5> kMeansLevels = {{
    {"clone by the parent",
     {.unshare = false, .clone_parent = false, .exec = false, .max_throwaways = 0}},
    {"+ unshare", {.unshare = true, .clone_parent = false, .exec = false, .max_throwaways = 0}},
    {"+ CLONE_PARENT", {.unshare = true, .clone_parent = true, .exec = false, .max_throwaways = 0}},
    {"+ exec", {.unshare = true, .clone_parent = true, .exec = true, .max_throwaways = 0}},
    {"+ throw-away tasks",
     {.unshare = true, .clone_parent = true, .exec = true, .max_throwaways = 2}},
}};

/// What it takes to make a graph.
struct LeastMeans {
  std::optional<std::size_t> level;  ///< of kMeansLevels; none: no plan was found
  bool proven = true;                ///< no plan: none exists, rather than a search given up
};

/// The first level at which the planner finds a plan. Pure.
[[nodiscard]] LeastMeans least_means(const SharingGraph& graph);

/// Whether tasks can have these objects at all, by whatever means: a sighand is
/// shared only with the mm, a thread group shares both. What attaches objects
/// to tasks can make every such graph. Pure.
[[nodiscard]] bool obeys_kernel_rules(const SharingGraph& graph);

}  // namespace rb
