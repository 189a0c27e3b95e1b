#include "harness/results.h"

#include "harness/exit_code.h"
#include "harness/summary.h"

namespace rb {

std::vector<double> totals_ns(const CellResult& cell) {
  std::vector<double> totals;
  for (const Repetition& repetition : cell.repetitions) {
    for (const Sample& sample : repetition.samples) {
      totals.push_back(static_cast<double>(sample.total_ns));
    }
  }
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
