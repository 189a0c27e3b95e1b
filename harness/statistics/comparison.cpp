#include "harness/statistics/comparison.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "harness/statistics/summary.h"

namespace rb {
namespace {

Verdict judge(const std::optional<Interval>& ratio) {
  if (ratio && ratio->high < 1) return Verdict::kFaster;
  if (ratio && ratio->low > 1) return Verdict::kSlower;
  return Verdict::kUnresolved;
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFaster:
      return "faster";
    case Verdict::kSlower:
      return "slower";
    case Verdict::kUnresolved:
      return "no difference resolved";
  }
  return "?";
}

std::optional<Comparison> compare(const std::vector<double>& values,
                                  const std::vector<double>& baseline, double confidence) {
  RB_ASSERT(values.size() == baseline.size());
  std::vector<double> ratios;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (baseline[i] != 0) ratios.push_back(values[i] / baseline[i]);
  }
  if (ratios.empty()) return std::nullopt;
  const auto interval = median_interval(ratios, confidence);
  const std::size_t pairs = ratios.size();
  return Comparison{median(std::move(ratios)), interval, confidence, pairs, judge(interval)};
}

double corrected_confidence(double family, std::size_t comparisons) {
  return 1 - (1 - family) / static_cast<double>(std::max<std::size_t>(comparisons, 1));
}

double relative_half_width(double value, const std::optional<Interval>& interval) {
  if (!interval) return std::numeric_limits<double>::infinity();
  if (interval->low == interval->high) return 0;
  return (interval->high - interval->low) / 2 / value;
}

}  // namespace rb
