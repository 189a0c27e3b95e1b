// Which sharing graphs are gone through: each one of a size, or random ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "strategies/userspace/planner/graph.h"

namespace rb {

struct GraphSet {
  int tasks = 3;           ///< of a graph, at least
  int most_tasks = 3;      ///< ... and at most; of random graphs only
  std::size_t random = 0;  ///< so many; 0 = every graph of `tasks` processes
  std::uint64_t seed = 1;  ///< of random graphs
  bool threads = false;    ///< A task is a thread with a chance of 1 in 4; random graphs only.
};

/// Calls with each graph, in an order that is always the same.
///
/// Random graphs: the number of tasks is drawn first, then which are threads, then
/// the tree and the partitions, with the same chance for every graph that the
/// kernel's rules allow: threads share mm and sighand with their leader, and
/// processes a sighand only where they share the mm.
void each_graph(const GraphSet& set, const std::function<void(const SharingGraph&)>& use);

/// How many there are.
[[nodiscard]] std::size_t graph_count(const GraphSet& set);

/// "Sharing graphs of 3 processes", "2,000 random sharing graphs of 4 to 8 processes".
[[nodiscard]] std::string describe(const GraphSet& set);

}  // namespace rb
