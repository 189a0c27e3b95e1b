// Whether one thing takes longer than another, from pairs of measurements.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/statistics/median_interval.h"

namespace rb {

enum class Verdict {
  kFaster,      ///< The whole interval of the ratio is below 1.
  kSlower,      ///< ... above 1.
  kUnresolved,  ///< 1 is in it, or there is none: nothing can be said.
};

/// "faster", "slower", "no difference resolved".
[[nodiscard]] std::string_view verdict_name(Verdict verdict);

struct Comparison {
  double ratio = 1;  ///< median of the ratios of pairs
  /// Of the ratio; nothing if there are too few pairs for the confidence.
  std::optional<Interval> interval;
  double confidence = 0;  ///< of this interval, by itself
  std::size_t pairs = 0;
  Verdict verdict = Verdict::kUnresolved;
};

/// Compares value by value: what disturbs both of a pair alike is not in their ratio.
/// Pairs whose second value is 0, as a coarse clock may give, are left out.
/// @param values, baseline  of equal length, measured side by side
/// @return nothing if there is no pair
[[nodiscard]] std::optional<Comparison> compare(const std::vector<double>& values,
                                                const std::vector<double>& baseline,
                                                double confidence);

/// The confidence that each of several intervals needs for all of them to be right
/// together with that of the family: Bonferroni's correction. Holm's finds more
/// differences but has no intervals that go with it.
[[nodiscard]] double corrected_confidence(double family, std::size_t comparisons);

/// Half the width of an interval, as a share of the value that it is for; infinite if
/// there is no interval.
[[nodiscard]] double relative_half_width(double value, const std::optional<Interval>& interval);

}  // namespace rb
