// Whether values drift in the order in which they were measured.
#pragma once

#include <vector>

namespace rb {

struct Trend {
  double probability = 1;  ///< of a trend like this, or a stronger one, by chance
  double change = 0;       ///< from the first value to the last, as a share of the median
};

/// The test of Mann and Kendall, with its normal approximation and the correction for
/// equal values, and the slope of Theil and Sen: Gilbert, Statistical Methods for
/// Environmental Pollution Monitoring (1987), 16.4 and 16.5. Neither is moved by
/// single outliers. Long series are cut into 200 parts first, each its median, as the
/// work grows with the square.
/// @return no trend for fewer than 10 values, for which the approximation is poor
[[nodiscard]] Trend trend(const std::vector<double>& values);

}  // namespace rb
