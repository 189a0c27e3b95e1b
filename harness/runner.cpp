#include "harness/runner.h"

#include <benchmark/benchmark.h>

#include "harness/benchmark_rows.h"
#include "harness/cell_source.h"
#include "harness/interrupt.h"
#include "harness/live_cell.h"
#include "harness/selection.h"

namespace rb {
namespace {

GroupResult empty_result(const Group& group) {
  GroupResult result{group.source, 0, {}};
  for (const Strategy* strategy : group.strategies) {
    CellResult& cell = result.cells.emplace_back();
    cell.name = cell_name(group.source, *strategy);
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

/// Times the cells that are ready, their repetitions interleaved at random.
void time_cells(std::vector<std::unique_ptr<LiveCell>>& ready,
                const std::vector<CellResult*>& results, const RunOptions& options,
                Progress& progress, GroupResult& group) {
  for (std::size_t i = 0; i < ready.size(); ++i) {
    LiveCell& live = *ready[i];
    const CellResult& cell = *results[i];
    const auto repeat = [&live, &cell, &progress](benchmark::State& state) {
      progress.at(cell.name);
      live.repeat(state);
    };
    benchmark::RegisterBenchmark(cell.name.c_str(), repeat)
        ->UseManualTime()
        ->MeasureProcessCPUTime()
        ->Repetitions(options.repetitions)
        ->MinTime(live.min_time_s());
  }
  RowReporter reporter(group);
  benchmark::RunSpecifiedBenchmarks(&reporter, nullptr, ".");
  benchmark::ClearRegisteredBenchmarks();
  for (auto& live : ready) live->conclude(static_cast<std::size_t>(options.repetitions));
}

/// Counts what the timed cells do. No restarter is live: each pass makes its own.
void count_cells(const Image& image, const RunOptions& options, const Parts& parts,
                 const Counting& counting, TimeSource& time, Progress& progress,
                 GroupResult& group) {
  for (CellResult& cell : group.cells) {
    if (cell.state != CellState::kTimed || interrupted_by() != 0) continue;
    progress.at(cell.name + ", counting");
    counting.count(cell, image, options, parts, time);
  }
}

void run_group(GroupResult& group, const RunOptions& run_options, const Parts& parts,
               const Counting& counting, TimeSource& time, Progress& progress) {
  progress.at(group.source.name);
  RunOptions options = run_options;
  if (group.source.creator) options.strategy_options.creator = *group.source.creator;
  auto image = open_image(group.source, parts);
  if (!image) {
    fail_all(group, image.error());
    return;
  }
  group.tasks = image->tasks().size();
  std::vector<std::unique_ptr<LiveCell>> ready;
  std::vector<CellResult*> results;
  for (CellResult& cell : group.cells) {
    if (interrupted_by() != 0) return;
    progress.at(cell.name);
    auto live = std::make_unique<LiveCell>(parts, *image, options, time, cell);
    if (!live->make_ready()) continue;
    ready.push_back(std::move(live));
    results.push_back(&cell);
  }
  if (!ready.empty() && interrupted_by() == 0) time_cells(ready, results, options, progress, group);
  ready.clear();
  if (counting.wanted()) count_cells(*image, options, parts, counting, time, progress, group);
}

void run_elsewhere(GroupResult& group, CellSource& cells, Progress& progress) {
  for (CellResult& cell : group.cells) {
    progress.at(cell.name);
    cells.take(group, cell);
  }
}

}  // namespace

RunResult run_matrix(const std::vector<Group>& matrix, const RunOptions& options,
                     const Parts& parts, const Counting& counting, TimeSource& time,
                     Progress& progress, const GroupDone& group_done) {
  RunResult run;
  for (const Group& group : matrix) {
    run.groups.push_back(empty_result(group));
    if (parts.cells != nullptr) {
      run_elsewhere(run.groups.back(), *parts.cells, progress);
    } else {
      run_group(run.groups.back(), options, parts, counting, time, progress);
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
  std::vector<std::string> arguments;
  // GB's shuffle has no seed; a run on a clock without drift is to repeat exactly.
  const bool interleave = options.clock.value_or(ClockKind::kWall) == ClockKind::kWall;
  arguments.push_back(std::string("--benchmark_enable_random_interleaving=") +
                      (interleave ? "true" : "false"));
  arguments.insert(arguments.end(), options.benchmark_flags.begin(), options.benchmark_flags.end());
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
