#include "harness/warnings/samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "harness/statistics/dip.h"
#include "harness/statistics/summary.h"
#include "harness/statistics/trend.h"
#include "harness/warnings/cpu_share.h"

namespace rb {
namespace {

/// Fewer pages of the image than that in memory is cold.
constexpr double kResident = 0.999;
constexpr double kFirstRound = 1.5;  ///< times the median
constexpr double kDrift = 0.05;
constexpr double kDriftByChance = 0.001;
/// Modes nearer than that, as the deviation around the median, make no difference.
constexpr double kModesApart = 0.01;

using Values = std::vector<double>;

/// The measured value if the cell is to be warned of, in the unit of the warning.
using Judge = std::optional<double> (*)(const GroupResult& group, const CellResult& cell,
                                        const Values& rounds);

std::optional<double> few_rounds(const GroupResult& group, const CellResult& cell,
                                 const Values& rounds) {
  const bool is_first = &cell == &group.cells.front();
  const bool few = is_first ? rounds.size() < 8 : cell.vs_first && !cell.vs_first->interval;
  return few ? std::optional(static_cast<double>(rounds.size())) : std::nullopt;
}

std::optional<double> cold_first(const GroupResult& /*group*/, const CellResult& /*cell*/,
                                 const Values& rounds) {
  if (rounds.size() < 5) return std::nullopt;
  const double ratio = rounds.front() / median(rounds);
  const bool largest = *std::max_element(rounds.begin() + 1, rounds.end()) < rounds.front();
  return largest && ratio > kFirstRound ? std::optional(ratio) : std::nullopt;
}

std::optional<double> drift(const GroupResult& /*group*/, const CellResult& /*cell*/,
                            const Values& rounds) {
  const Trend found = trend(rounds);
  const bool drifts = found.probability < kDriftByChance && std::abs(found.change) > kDrift;
  return drifts ? std::optional(found.change) : std::nullopt;
}

std::optional<double> modes(const GroupResult& /*group*/, const CellResult& /*cell*/,
                            const Values& rounds) {
  if (median_absolute_deviation(rounds) < kModesApart * median(rounds)) return std::nullopt;
  return is_multimodal(rounds) ? std::optional(dip(rounds)) : std::nullopt;
}

std::optional<double> cold_image(const GroupResult& group, const CellResult& /*cell*/,
                                 const Values& /*rounds*/) {
  const auto& resident = group.resident;
  return resident && *resident < kResident ? resident : std::nullopt;
}

struct Kind {
  const char* id;
  Judge judge;
  bool small_is_worse;
  const char* text;  ///< format: how many cells, the worst value
  double scale;      ///< of the value in the text
  const char* advice;
};

constexpr Kind kKinds[] = {
    {"few-samples", few_rounds, true,
     "{} cells have too few pairs for an interval, the fewest {:.0f}", 1,
     "give more --max-time or --repetitions"},
    {"cold-start", cold_first, false,
     "the first round of {} cells was the slowest by far, up to {:.1f} times the median", 1,
     "run again: something was not yet in memory or in a cache"},
    {"drifting-samples", drift, false,
     "times of {} cells drift from the first round to the last, the furthest by {:+.0f} %", 100,
     "trust ratios only, as rounds are paired; look at what heats up or fills up"},
    {"multimodal-samples", modes, false,
     "times of {} cells have more than one cluster (dip up to {:.2f}): a median lies in one of "
     "them",
     1, "look at the samples in the JSON; try --pin"},
    {"cold-image", cold_image, true,
     "the image of {} cells was not in memory, down to {:.0f} % of its pages", 100,
     "free memory, or run again"},
};

std::optional<Warning> find(const Kind& kind, const RunResult& run) {
  Warning warning{kind.id, {}, kind.advice, {}};
  for (const GroupResult& group : run.groups) {
    for (const CellResult& cell : group.cells) {
      if (cell.state != CellState::kTimed) continue;
      const auto value = kind.judge(group, cell, compared_ns(group, cell));
      if (!value) continue;
      warning.cells.push_back(cell.name);
      const bool worse = kind.small_is_worse
                             ? *value < warning.value.value_or(*value)
                             : std::abs(*value) > std::abs(warning.value.value_or(0));
      if (worse || !warning.value) warning.value = *value;
    }
  }
  if (!warning.value) return std::nullopt;
  warning.text =
      fmt::format(fmt::runtime(kind.text), warning.cells.size(), *warning.value * kind.scale);
  return warning;
}

}  // namespace

std::vector<Warning> sample_warnings(const RunResult& run) {
  std::vector<Warning> warnings;
  double others = 0;
  for (const GroupResult& group : run.groups) others = std::max(others, group.others.value_or(0));
  if (auto share = cpu_share_warning(others)) warnings.push_back(std::move(*share));
  for (const Kind& kind : kKinds) {
    if (auto found = find(kind, run)) warnings.push_back(std::move(*found));
  }
  return warnings;
}

}  // namespace rb
