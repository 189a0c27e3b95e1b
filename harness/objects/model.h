// A restart's time as the sum of what its objects cost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/ledger/ledger.h"
#include "harness/objects/cost.h"

namespace rb {

/// One term of the sum.
struct Term {
  std::string what;
  double count = 0;
  double each = 0;  ///< in the unit of the costs
};

struct Prediction {
  std::vector<Term> terms;  ///< those that are not 0
  double total = 0;
};

/// Σ ledger x cost: what is created in a restart costs its creation, what is wasted its
/// end, too; copied descriptors and pages what one more of them costs. What the image's
/// contents take (pages) is in it; system calls that make no object are not, nor waiting,
/// and tasks count as if one CPU made them all. Nothing if objects were not counted or
/// their cost is not known. Pure.
/// @param pages  of contents in the image
[[nodiscard]] std::optional<Prediction> predict(const Ledger& ledger, std::uint64_t pages,
                                                const std::vector<ObjectCost>& costs);

}  // namespace rb
