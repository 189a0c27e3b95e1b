#include "harness/statistics/median_interval.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>

namespace rb {
namespace {

/// How many values may be left out at each end: the most for which the median is
/// outside of the rest with a probability of at most `error`. Negative: not even none.
long left_out_at_each_end(std::size_t values, double error) {
  const boost::math::binomial below(static_cast<double>(values), 0.5);
  // The quantile is rounded in a way of its own; the distribution itself decides.
  auto out = static_cast<long>(boost::math::quantile(below, error / 2)) + 1;
  while (out >= 0 && boost::math::cdf(below, static_cast<double>(out)) > error / 2) --out;
  return out;
}

}  // namespace

std::optional<Interval> median_interval(std::vector<double> values, double confidence) {
  if (values.size() < values_needed(confidence)) return std::nullopt;
  const auto out = left_out_at_each_end(values.size(), 1 - confidence);
  const auto low = values.begin() + out;
  const auto high = values.end() - 1 - out;
  std::nth_element(values.begin(), low, values.end());
  const double lowest = *low;
  std::nth_element(low, high, values.end());
  return Interval{lowest, *high};
}

std::size_t values_needed(double confidence) {
  // The whole range misses the median if all values are on one side: 2 / 2^n.
  return static_cast<std::size_t>(std::ceil(1 - std::log2(1 - confidence)));
}

}  // namespace rb
