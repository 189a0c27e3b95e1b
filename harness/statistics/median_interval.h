// A confidence interval for a median, whatever the distribution.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace rb {

struct Interval {
  double low = 0;
  double high = 0;
};

/// Two of the values, between which the median of what they are drawn from lies with
/// at least that confidence. The number of values below the median is binomial with
/// p = 1/2, so it is known how far from either end one has to count: David and
/// Nagaraja, Order Statistics (2003), 7.1. It assumes independent values and nothing
/// of their distribution.
/// @param confidence  below 1
/// @return nothing if all of the values are too few for that confidence
[[nodiscard]] std::optional<Interval> median_interval(std::vector<double> values,
                                                      double confidence);

/// How many values it takes at least to have an interval at that confidence.
[[nodiscard]] std::size_t values_needed(double confidence);

}  // namespace rb
