// Counts of restarts, as results have them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace rb {

/// One event: a number a restart, or why there is none.
struct EventCounts {
  std::string name;
  Result<std::vector<std::uint64_t>> counts;
};

/// What was counted in one cell, and how long the restarts took meanwhile.
struct CountedRestarts {
  std::vector<EventCounts> events;
  std::vector<std::uint64_t> counted_ns;    ///< totals of restarts that were counted
  std::vector<std::uint64_t> uncounted_ns;  ///< and of those in between that were not
};

/// How many times as long a restart takes that is counted: the ratio of the medians.
[[nodiscard]] std::optional<double> counting_cost(const CountedRestarts& counted);

/// The median, the lower one of two.
[[nodiscard]] std::uint64_t middle(std::vector<std::uint64_t> counts);

}  // namespace rb
