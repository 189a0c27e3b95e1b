#include "strategies/userspace/planner/means.h"

#include "strategies/userspace/planner/normal.h"

namespace rb {

LeastMeans least_means(const SharingGraph& graph) {
  LeastMeans least;
  for (std::size_t level = 0; level < kMeansLevels.size(); ++level) {
    const auto plan = make_plan(graph, kMeansLevels[level].means);
    if (plan) {
      least.level = level;
      return least;
    }
    least.proven = is_proof(plan.error());
  }
  return least;
}

bool obeys_kernel_rules(const SharingGraph& graph) { return normalise(graph).has_value(); }

}  // namespace rb
