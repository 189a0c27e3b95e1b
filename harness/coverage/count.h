// How many sharing graphs there are, and which means each of them takes.
#pragma once

#include <array>
#include <cstddef>
#include <functional>

#include "harness/coverage/graph_set.h"
#include "strategies/userspace/planner/means.h"

namespace rb {

/// All graphs of a set, sorted by what they take.
struct GraphCounts {
  std::size_t graphs = 0;
  std::size_t legal = 0;  ///< obey the kernel's rules
  /// Need this level of kMeansLevels and none above it.
  std::array<std::size_t, kMeansLevels.size()> by_level{};
  std::size_t impossible = 0;  ///< proven to have no plan
  std::size_t undecided = 0;   ///< the search for a plan was given up

  /// Have a plan: what ordinary histories of system calls can lead to.
  [[nodiscard]] std::size_t reachable() const;
};

/// Called now and then, by one thread, with how many graphs are done, about.
using GraphProgress = std::function<void(std::size_t done)>;

/// Goes through all graphs. Pure but for its threads.
[[nodiscard]] GraphCounts count_graphs(const GraphSet& set, unsigned threads,
                                       const GraphProgress& progress);

}  // namespace rb
