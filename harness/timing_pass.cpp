#include "harness/timing_pass.h"

#include <benchmark/benchmark.h>

#include <algorithm>

#include "harness/benchmark_rows.h"
#include "harness/group_comparison.h"
#include "harness/interrupt.h"
#include "harness/schedule/round_order.h"
#include "harness/schedule/round_rules.h"

namespace rb {
namespace {

using Cells = std::vector<std::unique_ptr<LiveCell>>;

/// Fewer rounds may happen to agree, on a clock that varies.
constexpr std::size_t kLeastRounds = 20;

RoundRules rules_for(const TimingContext& context, std::size_t cells) {
  RoundRules rules;
  rules.exactly = static_cast<std::size_t>(context.options.repetitions);
  rules.least = values_needed(context.confidence);
  if (context.options.clock == ClockKind::kInstructions) {
    // A count hardly varies, but a large tree takes minutes, and what is done before each
    // restart, uncounted, takes longer than a small one.
    rules.always = 1;
    rules.least_restarts = context.options.least_restarts;
    rules.most_restarts = 20;
  } else {
    rules.least = std::max(rules.least, kLeastRounds);
  }
  rules.time_ns = context.options.max_time_s * 1e9 * static_cast<double>(cells);
  return rules;
}

RoundCost cost_of(const Cells& cells) {
  RoundCost cost;
  for (const auto& live : cells) {
    cost.slowest_ns = std::max(cost.slowest_ns, live->cost().restart_ns);
    cost.all_ns += live->cost().trial_ns;
  }
  return cost;
}

/// Each cell that has not failed takes its turn. @return whether all did
bool make_round(const Cells& cells, const std::vector<std::size_t>& order, std::size_t restarts,
                Progress& progress, benchmark::BenchmarkReporter& reporter) {
  bool any = false;
  for (const std::size_t each : order) {
    LiveCell& live = *cells[each];
    if (live.result().error) continue;
    const auto turn = [&live, &progress](benchmark::State& state) {
      progress.at(live.result().name);
      live.take_turn(state);
    };
    benchmark::RegisterBenchmark(live.result().name.c_str(), turn)
        ->UseManualTime()
        ->MeasureProcessCPUTime()
        ->Repetitions(1)
        ->Iterations(static_cast<benchmark::IterationCount>(restarts));
    any = true;
  }
  if (!any) return false;
  benchmark::RunSpecifiedBenchmarks(&reporter, nullptr, ".");
  benchmark::ClearRegisteredBenchmarks();
  if (interrupted_by() != 0) return false;
  for (const auto& live : cells) {
    if (!live->result().error) live->keep_turn();
  }
  return true;
}

}  // namespace

void time_cells(const Cells& cells, GroupResult& group, const TimingContext& context) {
  const RoundRules rules = rules_for(context, cells.size());
  const std::size_t restarts =
      restarts_in_turn(rules, cost_of(cells), context.options.min_time_s * 1e9);
  RowReporter reporter;
  RoundOrder order(cells.size(), context.options.seed);
  StopRule stop(rules);
  const std::uint64_t begin = context.time.now_ns();
  const auto narrow = [&] {
    compare_with_first(group, context.confidence);
    return narrow_enough(group, context.options.precision, context.confidence);
  };
  for (std::size_t rounds = 1; !group.stopped_by; ++rounds) {
    if (!make_round(cells, order.next(), restarts, context.progress, reporter)) break;
    const auto elapsed = static_cast<double>(context.time.now_ns() - begin);
    group.stopped_by = stop.after(rounds, elapsed, narrow);
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    LiveCell& live = *cells[i];
    if (live.result().error) continue;
    if (!group.stopped_by) {
      live.interrupt();
      continue;
    }
    live.conclude();
    live.result().rows = reporter.rows(live.result().name, static_cast<std::int64_t>(i));
  }
  compare_with_first(group, context.confidence);
}

}  // namespace rb
