#include "harness/objects/cost_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/text_table.h"

namespace rb {
namespace {

/// How many times as much the object takes as the reference.
std::string ratio_text(const ObjectCost& cost) {
  const double reference = cost.get_put.empty() ? 0 : reference_cost(cost).median;
  const double both = both_cost(cost).median;
  if (reference <= 0 || both <= 0) return "-";
  return format_count(static_cast<std::uint64_t>(std::llround(both / reference)));
}

}  // namespace

void print_costs(std::ostream& out, const std::vector<ObjectCost>& costs, Scale scale) {
  const auto amount = [scale](double value) {
    return value < 0 ? "-" + format_amount(-value, scale) : format_amount(value, scale);
  };
  TextTable table(2);
  table.add({"object", "size", "create", "spread", "destroy", "spread", "both", "spread", "get+put",
             "ratio"});
  for (const ObjectCost& cost : costs) {
    const Spread make = make_cost(cost);
    const Spread end = end_cost(cost);
    const Spread both = both_cost(cost);
    table.add({cost.object, size_text(cost.size), amount(make.median), amount(make.deviation),
               amount(end.median), amount(end.deviation), amount(both.median),
               amount(both.deviation),
               cost.get_put.empty() ? "-" : amount(reference_cost(cost).median), ratio_text(cost)});
  }
  table.print(out);
  const bool referred = std::any_of(costs.begin(), costs.end(),
                                    [](const ObjectCost& cost) { return !cost.get_put.empty(); });
  out << "\ncreate   what a new one takes more than a reference, in a task that runs and waits; "
         "of\n"
         "         task and thread, which share all they can: what they take at all\n"
         "destroy  the same when that task ends\n"
         "both     creating and destroying it, beyond a reference: without a task, where that can "
         "be\n"
         "         (clones that are refused late), else create and destroy together\n"
         "spread   median absolute deviation of the pairs' differences\n"
      << "get+put  taking a reference and dropping it, by itself"
      << (referred ? "\n" : ": only with /dev/restart (--vm)\n") << "ratio    both over get+put\n";
}

}  // namespace rb
