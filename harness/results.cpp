#include "harness/results.h"

#include "harness/exit_code.h"
#include "harness/statistics/summary.h"

namespace rb {

namespace {

void append_totals(std::vector<double>& totals, const Repetition& repetition) {
  for (const Sample& sample : repetition.samples) {
    totals.push_back(static_cast<double>(sample.total_ns));
  }
}

}  // namespace

std::vector<double> compared_ns(const GroupResult& group, const CellResult& cell) {
  if (group.pairs_of_restarts) return totals_ns(cell);
  std::vector<double> medians;
  for (const Repetition& repetition : cell.repetitions) {
    std::vector<double> totals;
    append_totals(totals, repetition);
    medians.push_back(median(std::move(totals)));
  }
  return medians;
}

std::optional<Comparison> compare_cells(const GroupResult& group, const CellResult& cell,
                                        const CellResult& baseline, double confidence) {
  auto values = compared_ns(group, cell);
  auto others = compared_ns(group, baseline);
  const std::size_t pairs = std::min(values.size(), others.size());
  values.resize(pairs);
  others.resize(pairs);
  auto comparison = compare(values, others, confidence);
  if (comparison && comparison->interval && group.pairs_of_restarts) {
    const bool beyond = comparison->interval->high < 1 - kGuestsDiffer ||
                        comparison->interval->low > 1 + kGuestsDiffer;
    if (!beyond) comparison->verdict = Verdict::kUnresolved;
  }
  return comparison;
}

std::vector<double> totals_ns(const CellResult& cell) {
  std::vector<double> totals;
  for (const Repetition& repetition : cell.repetitions) append_totals(totals, repetition);
  return totals;
}

std::optional<double> median_ns(const CellResult& cell) {
  if (cell.state != CellState::kTimed) return std::nullopt;
  return median(totals_ns(cell));
}

int exit_code_of(const RunResult& run, bool strategies_named) {
  if (run.signal != 0) return kExitSignal + run.signal;
  bool timed = false;
  bool failed = false;
  bool lacking_only = true;
  for (const GroupResult& group : run.groups) {
    for (const CellResult& cell : group.cells) {
      timed |= cell.state == CellState::kTimed;
      failed |= cell.state == CellState::kFailed;
      lacking_only &= cell.state == CellState::kUnsupported && cell.error &&
                      cell.error->kind == ErrorKind::kLacking;
    }
  }
  if (failed) return kExitFailed;
  if (timed) return kExitOk;
  if (lacking_only) return kExitSkipped;
  return strategies_named ? kExitOk : kExitFailed;
}

}  // namespace rb
