// All sharing graphs of a few processes.
#pragma once

#include <functional>

#include "strategies/userspace/planner/graph.h"

namespace rb {

/// Calls with every graph of that many single-threaded processes: all trees
/// and all partitions of mm, files, fs, and sighand as a refinement of mm, as
/// the kernel has it. 1, 12, 600, 81,000 for 1 to 4 processes.
void each_graph(int tasks, const std::function<void(const SharingGraph&)>& use);

}  // namespace rb
