// The choices at a point of the search.
#pragma once

#include <optional>
#include <vector>

#include "strategies/userspace/planner/reduce.h"

namespace rb {

/// One choice, with its price: the search tries cheap ones first.
struct Candidate {
  enum class Kind { kCreate, kExec, kThrowaway };
  Kind kind = Kind::kCreate;
  int task = -1;     ///< taken off (kCreate, kThrowaway) or exec'd (kExec)
  int creator = -1;  ///< kCreate
  Fit fit;           ///< kCreate
  int helpers = 0;   ///< throw-away tasks that it uses up
  int price = 0;
};

/// A cheap choice found without weighing all of them: a leaf that its parent's
/// or its own leader can have created. nullopt: none like that.
[[nodiscard]] std::optional<Candidate> quick_candidate(Reducer& reducer);

/// All choices, cheapest first. throwaways: how many may still be used.
[[nodiscard]] std::vector<Candidate> all_candidates(Reducer& reducer, int throwaways, bool exec);

}  // namespace rb
