// The search for an order where plain removals do not suffice.
#pragma once

#include <optional>
#include <vector>

#include "strategies/userspace/planner/reduce.h"

namespace rb {

/// One search: what it may use and how thorough it is.
struct SearchLimits {
  int throwaways = 0;
  bool exec = false;
  /// Every removal is a choice that can be taken back, plain ones too. Without
  /// it plain removals are final, which is fast and misses few plans.
  bool thorough = false;
  long nodes = 20000;
};

/// How a search ended.
struct SearchResult {
  std::optional<std::vector<Move>> moves;  ///< last to first
  bool exhausted = false;                  ///< no plan within the limits: every choice was tried
  int blocked = -1;       ///< no plan: a task that could not be made at the best try
  int blocked_class = 0;  ///< what of it could not be shared (Shared, or kSharedCount)
};

/// Searches depth first, cheapest choice first, remembering dead ends. Leaves
/// the reducer as it was.
[[nodiscard]] SearchResult search(Reducer& reducer, const SearchLimits& limits);

}  // namespace rb
