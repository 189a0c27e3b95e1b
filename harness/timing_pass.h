// Times the cells of one image, in rounds.
#pragma once

#include <memory>
#include <vector>

#include "harness/live_cell.h"
#include "harness/options.h"
#include "harness/progress.h"
#include "harness/results.h"

namespace rb {

/// What cells are timed with.
struct TimingContext {
  const RunOptions& options;
  TimeSource& time;
  Progress& progress;
  double confidence;  ///< of each comparison
};

/// Restarts with every strategy in turn, round after round, until the comparisons are
/// precise enough or the time is over; a cell that fails drops out. Each round is one
/// run of Google Benchmark with a given number of iterations: it times the turns, ours
/// are their order and their number, of which it has no notion. Once a signal came,
/// the cells are interrupted and have no time: fewer rounds than the rules ask for say
/// less than they seem to.
void time_cells(const std::vector<std::unique_ptr<LiveCell>>& cells, GroupResult& group,
                const TimingContext& context);

}  // namespace rb
