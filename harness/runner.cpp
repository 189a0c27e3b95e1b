#include "harness/runner.h"

#include <benchmark/benchmark.h>

#include "harness/cell_source.h"
#include "harness/group_comparison.h"
#include "harness/interrupt.h"
#include "harness/live_cell.h"
#include "harness/selection.h"
#include "harness/timing_pass.h"
#include "harness/warnings/cpu_share.h"
#include "harness/warnings/residency.h"

namespace rb {
namespace {

GroupResult empty_result(const Group& group) {
  GroupResult result;
  result.source = group.source;
  for (const Strategy* strategy : group.strategies) {
    CellResult& cell = result.cells.emplace_back();
    cell.name = cell_name(group.source, *strategy);
    // Compared with itself: names are keys.
    if (result.cells.size() > 1 && strategy == group.strategies.front()) cell.name += '\'';
    cell.strategy = strategy;
    cell.verifiable = (strategy->flags & kRestoresTree) != 0;
  }
  return result;
}

Result<Image> open_image(const ImageSource& source, const Parts& parts) {
  auto image = source.workload == nullptr ? Image::open(source.path)
                                          : parts.build_image(*source.workload, source.values);
  if (!image) return image;
  RB_TRY(parts.make_fixtures(*image));
  return image;
}

/// Without an image no cell of the group can run. What the machine lacks for a
/// strategy comes first: it may be why there is no image, too.
void fail_all(GroupResult& group, const Error& error) {
  for (CellResult& cell : group.cells) {
    const auto lacks = machine_lacks(*cell.strategy);
    cell.error = lacks ? Error{ErrorKind::kLacking, *lacks, {}} : error;
    cell.state =
        cell.error->kind == ErrorKind::kLacking ? CellState::kUnsupported : CellState::kFailed;
  }
}

std::size_t count_comparisons(const std::vector<Group>& matrix) {
  std::size_t comparisons = 0;
  for (const Group& group : matrix) comparisons += group.strategies.size() - 1;
  return comparisons;
}

/// Counts what the timed cells do. No restarter is live: each pass makes its own.
void count_cells(const Image& image, const Parts& parts, const Counting& counting,
                 const TimingContext& context, GroupResult& group) {
  for (CellResult& cell : group.cells) {
    if (cell.state != CellState::kTimed || interrupted_by() != 0) continue;
    if (cell.strategy->kind == StrategyKind::kPeer) continue;  // counters follow bench's own tasks
    context.progress.at(cell.name + ", counting");
    counting.count(cell, image, context.options, parts, context.time);
  }
}

void run_group(GroupResult& group, const Parts& parts, const Counting& counting,
               const TimingContext& run) {
  RunOptions options = run.options;
  if (group.source.creator) options.strategy_options.creator = *group.source.creator;
  const TimingContext context{options, run.time, run.progress, run.confidence};
  context.progress.at(group.source.name);
  auto image = open_image(group.source, parts);
  if (!image) {
    fail_all(group, image.error());
    return;
  }
  group.tasks = image->tasks().size();
  std::vector<std::unique_ptr<LiveCell>> ready;
  for (CellResult& cell : group.cells) {
    if (interrupted_by() != 0) return;
    context.progress.at(cell.name);
    auto live = std::make_unique<LiveCell>(parts, *image, context.options, context.time, cell);
    if (live->make_ready()) ready.push_back(std::move(live));
  }
  if (ready.empty() || interrupted_by() != 0) return;
  group.resident = resident_share(image->bytes());
  time_cells(ready, group, context);
  ready.clear();
  if (counting.wanted()) count_cells(*image, parts, counting, context, group);
}

void run_elsewhere(GroupResult& group, CellSource& cells, const TimingContext& context) {
  for (CellResult& cell : group.cells) {
    context.progress.at(cell.name);
    cells.take(group, cell);
  }
  group.stopped_by = StoppedBy::kRepetitions;
  compare_with_first(group, context.confidence);
}

}  // namespace

RunResult run_matrix(const std::vector<Group>& matrix, const RunOptions& options,
                     const Parts& parts, const Counting& counting, TimeSource& time,
                     Progress& progress, const GroupDone& group_done) {
  RunResult run;
  run.comparisons = count_comparisons(matrix);
  const TimingContext context{options, time, progress,
                              corrected_confidence(kRunConfidence, run.comparisons)};
  for (const Group& group : matrix) {
    run.groups.push_back(empty_result(group));
    run.groups.back().pairs_of_restarts = options.clock == ClockKind::kInstructions;
    // From before tasks are made until all of them are gone, and counted.
    const auto before = read_cpu_times();
    if (parts.cells != nullptr) {
      run_elsewhere(run.groups.back(), *parts.cells, context);
    } else {
      run_group(run.groups.back(), parts, counting, context);
    }
    const auto after = read_cpu_times();
    if (before && after && options.clock == ClockKind::kWall) {
      run.groups.back().others = share_of_others(*before, *after);
    }
    run.signal = interrupted_by();
    progress.group_done(group.strategies.size());
    group_done(run);
    if (run.signal != 0) break;
  }
  return run;
}

Status initialize_benchmark(const RunOptions& options) {
  // The library keeps the pointer to the program's name, for its context.
  static std::string program;
  program = options.command_line.empty() ? "bench" : options.command_line.front();
  std::vector<std::string> arguments = options.benchmark_flags;
  std::vector<char*> argv = {program.data()};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  int argc = static_cast<int>(argv.size());
  benchmark::Initialize(&argc, argv.data());
  if (argc > 1) {
    return fail(ErrorKind::kUsage, std::string("Google Benchmark does not take '") + argv[1] + "'");
  }
  return {};
}

}  // namespace rb
