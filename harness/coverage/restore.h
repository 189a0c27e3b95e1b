// Restarts every sharing graph of a few processes, to see that counting is right.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "harness/coverage/count.h"
#include "harness/parts.h"

namespace rb {

/// What became of all graphs with one strategy.
struct RestoredGraphs {
  const Strategy* strategy = nullptr;
  std::size_t restored = 0;  ///< and verified
  std::size_t refused = 0;   ///< said to be impossible, with reason
  std::size_t failed = 0;    ///< anything that was not to be expected
  std::string first_failure;
};

/// Whether a strategy says that it can restore a graph.
[[nodiscard]] bool claims(const Strategy& strategy, const SharingGraph& graph);

/// Restarts each graph with each of the strategies: one
/// that it claims must pass the verifier at the barrier, one that it does not
/// must be refused. The error is one of preparing images, or an interruption.
[[nodiscard]] Result<std::vector<RestoredGraphs>> restore_graphs(
    const GraphSet& set, const std::vector<const Strategy*>& strategies, const Parts& parts,
    const GraphProgress& progress);

}  // namespace rb
