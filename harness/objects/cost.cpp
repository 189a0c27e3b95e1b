#include "harness/objects/cost.h"

#include <fmt/format.h>

#include "harness/format.h"
#include "harness/statistics/summary.h"

namespace rb {
namespace {

/// What `pick` takes from each sample, less what it takes from the reference's.
template <class Pick>
std::vector<double> differences(const ObjectCost& cost, Pick pick) {
  std::vector<double> values;
  for (std::size_t i = 0; i < cost.own.size(); ++i) {
    const double reference = i < cost.reference.size() ? pick(cost.reference[i]) : 0;
    values.push_back(pick(cost.own[i]) - reference);
  }
  return values;
}

Spread spread_of(const std::vector<double>& values) {
  return {median(values), median_absolute_deviation(values)};
}

}  // namespace

Spread make_cost(const ObjectCost& cost) {
  return spread_of(differences(cost, [](const MakeAndEnd& sample) { return sample.make; }));
}
Spread end_cost(const ObjectCost& cost) {
  return spread_of(differences(cost, [](const MakeAndEnd& sample) { return sample.end; }));
}
Spread both_cost(const ObjectCost& cost) {
  if (!cost.at_once.empty()) return spread_of(cost.at_once);
  return spread_of(
      differences(cost, [](const MakeAndEnd& sample) { return sample.make + sample.end; }));
}
Spread reference_cost(const ObjectCost& cost) { return spread_of(cost.get_put); }

std::string size_text(const ObjectSize& size) {
  if (size.descriptors > 0) return format_count(size.descriptors) + " fds";
  if (size.vmas > 0) return format_count(size.vmas) + " VMAs";
  if (size.memory >= 1u << 20) return format_count(size.memory >> 20) + " MiB";
  if (size.memory > 0) return format_count(size.memory >> 10) + " KiB";
  return {};
}

}  // namespace rb
