#include "harness/statistics/trend.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>

#include "harness/statistics/summary.h"

namespace rb {
namespace {

constexpr std::size_t kFewest = 10;
constexpr std::size_t kParts = 200;

std::vector<double> medians_of_parts(const std::vector<double>& values) {
  if (values.size() <= kParts) return values;
  std::vector<double> medians;
  for (std::size_t part = 0; part < kParts; ++part) {
    const auto at = [&](std::size_t n) {
      return values.begin() + static_cast<std::ptrdiff_t>(n * values.size() / kParts);
    };
    medians.push_back(median({at(part), at(part + 1)}));
  }
  return medians;
}

/// n (n - 1) (2n + 5), the term of Kendall's variance.
double variance_term(std::size_t count) {
  const auto n = static_cast<double>(count);
  return n * (n - 1) * (2 * n + 5);
}

double variance(std::vector<double> values) {
  double sum = variance_term(values.size());
  std::sort(values.begin(), values.end());
  for (auto first = values.begin(); first != values.end();) {
    const auto last = std::upper_bound(first, values.end(), *first);
    sum -= variance_term(static_cast<std::size_t>(last - first));
    first = last;
  }
  return sum / 18;
}

}  // namespace

Trend trend(const std::vector<double>& values) {
  if (values.size() < kFewest) return {};
  const std::vector<double> parts = medians_of_parts(values);
  double score = 0;
  std::vector<double> slopes;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (std::size_t j = i + 1; j < parts.size(); ++j) {
      const double rise = parts[j] - parts[i];
      score += rise > 0 ? 1 : rise < 0 ? -1 : 0;
      slopes.push_back(rise / static_cast<double>(j - i));
    }
  }
  const double spread = std::sqrt(variance(parts));
  const double center = median(parts);
  if (spread == 0 || center == 0 || score == 0) return {};
  // Towards 0 by 1, as the score is discrete.
  const double deviations = (std::abs(score) - 1) / spread;
  Trend found;
  found.probability = 2 * boost::math::cdf(complement(boost::math::normal(), deviations));
  found.change = median(std::move(slopes)) * static_cast<double>(parts.size() - 1) / center;
  return found;
}

}  // namespace rb
