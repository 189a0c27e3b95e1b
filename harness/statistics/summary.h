// Order statistics of samples: pure functions over values.
#pragma once

#include <vector>

namespace rb {

/// The middle value; the mean of the two middle ones of an even number.
/// @param values not empty
[[nodiscard]] double median(std::vector<double> values);

/// Median absolute deviation from the median, not scaled.
[[nodiscard]] double median_absolute_deviation(const std::vector<double>& values);

}  // namespace rb
