#include "harness/schedule/round_rules.h"

#include <algorithm>
#include <cmath>

namespace rb {
namespace {

/// Each is a row in the results.
constexpr double kMostRounds = 1000;

}  // namespace

std::string_view stopped_by_name(StoppedBy reason) {
  switch (reason) {
    case StoppedBy::kPrecision:
      return "precision";
    case StoppedBy::kTime:
      return "time";
    case StoppedBy::kRepetitions:
      return "repetitions";
    case StoppedBy::kFailure:
      return "failure";
  }
  return "?";
}

std::size_t restarts_in_turn(const RoundRules& rules, const RoundCost& cost, double turn_ns) {
  const double least_rounds =
      static_cast<double>(rules.exactly > 0 ? rules.exactly : std::max(rules.least, rules.always));
  double restarts = std::max(std::ceil(turn_ns / std::max(cost.slowest_ns, 1.0)),
                             static_cast<double>(rules.least_restarts));
  const double round_ns = std::max(cost.all_ns, 1.0);
  restarts = std::min(restarts, std::floor(rules.time_ns / (least_rounds * round_ns)));
  if (rules.exactly == 0) {
    restarts = std::max(restarts, std::floor(rules.time_ns / (kMostRounds * round_ns)));
  }
  return std::min(static_cast<std::size_t>(std::max(restarts, 1.0)), rules.most_restarts);
}

std::optional<StoppedBy> StopRule::after(std::size_t rounds, double elapsed_ns,
                                         const std::function<bool()>& narrow) {
  if (rules_.exactly > 0) {
    return rounds >= rules_.exactly ? std::optional(StoppedBy::kRepetitions) : std::nullopt;
  }
  if (rounds >= next_look_) {
    if (narrow()) return StoppedBy::kPrecision;
    next_look_ = rounds + (rounds + 3) / 4;
  }
  const double with_next =
      elapsed_ns * static_cast<double>(rounds + 1) / static_cast<double>(rounds);
  if (rounds < rules_.always || with_next <= rules_.time_ns) return std::nullopt;
  return narrow() ? StoppedBy::kPrecision : StoppedBy::kTime;
}

}  // namespace rb
