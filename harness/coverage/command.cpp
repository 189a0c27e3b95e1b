#include "harness/coverage/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/coverage/report.h"
#include "harness/exit_code.h"
#include "harness/interrupt.h"
#include "harness/selection.h"

namespace rb {
namespace {

/// What one strategy restores is of interest if it is one and says what it can share.
bool says_what_it_shares(const Strategy& strategy) {
  return (strategy.flags & (kSharesByPlan | kSharesAnything)) != 0;
}

std::vector<const Strategy*> covered_strategies(const Parts& parts) {
  std::vector<const Strategy*> chosen;
  for (const Strategy* strategy : parts.strategies) {
    if (says_what_it_shares(*strategy)) chosen.push_back(strategy);
  }
  return chosen;
}

GraphSet graph_set(const CoverageOptions& options) {
  return {options.tasks, options.most_tasks, options.random, options.seed, options.threads};
}

/// Those of the chosen ones that say what they can share.
Result<std::vector<const Strategy*>> to_restore_with(const CoverageOptions& options,
                                                     const Parts& parts) {
  auto chosen = select_strategies(options.strategies, parts);
  if (!chosen) return chosen;
  std::erase_if(*chosen, [](const Strategy* strategy) { return !says_what_it_shares(*strategy); });
  for (const Strategy* strategy : *chosen) {
    if (const auto lacks = machine_lacks(*strategy)) {
      return fail(ErrorKind::kLacking, fmt::format("{} {}", strategy->name, *lacks));
    }
  }
  if (chosen->empty()) {
    return fail(ErrorKind::kUsage, "none of these strategies says which graphs it restores");
  }
  return chosen;
}

}  // namespace

Status check_coverage(const CoverageOptions& options, const Parts& parts) {
  const int most = options.random == 0 ? kMaxCoverageTasks : kMaxRandomTasks;
  if (options.most_tasks > most) {
    return fail(ErrorKind::kUsage,
                fmt::format("--tasks: {} is more than {}", options.most_tasks, most),
                options.random == 0 ? "there are too many graphs; take --random of them" : "");
  }
  if (options.random == 0 && (options.tasks != options.most_tasks || options.threads)) {
    return fail(ErrorKind::kUsage, "a range of --tasks, and --threads, are for random graphs",
                "add --random GRAPHS");
  }
  if (options.restore && options.random == 0 && options.tasks > kMaxRestoredTasks) {
    return fail(
        ErrorKind::kUsage,
        fmt::format("--restore restarts each graph of up to {} processes", kMaxRestoredTasks),
        "leave --restore out, use fewer --tasks, or take some of them with --random");
  }
  const auto strategies = to_restore_with(options, parts);
  if (!strategies && strategies.error().kind == ErrorKind::kUsage) {
    return tl::unexpected<Error>(strategies.error());
  }
  return {};
}

Result<int> coverage_command(const CoverageOptions& options, const Parts& parts,
                             const Streams& streams) {
  CoverageReport report;
  report.set = graph_set(options);
  report.strategies = covered_strategies(parts);
  const std::size_t graphs = graph_count(report.set);
  std::vector<const Strategy*> restored;
  if (options.restore) {
    auto chosen = to_restore_with(options, parts);
    if (!chosen) return tl::unexpected<Error>(std::move(chosen).error());
    restored = std::move(*chosen);
  }
  const std::string name = describe(report.set);
  {
    Progress progress(streams.progress, graphs, "graphs planned");
    report.counts = count_graphs(report.set, std::thread::hardware_concurrency(),
                                 [&](std::size_t done) { progress.at(name, done); });
  }
  if (options.restore) {
    const InterruptGuard guard;
    Progress progress(streams.progress, graphs, "graphs restarted");
    auto results = restore_graphs(report.set, restored, parts,
                                  [&](std::size_t done) { progress.at(name, done); });
    if (interrupted_by() != 0) return kExitSignal + interrupted_by();
    if (!results) return tl::unexpected<Error>(std::move(results).error());
    report.restored = std::move(*results);
  }
  if (options.json) {
    streams.out << coverage_json(report).dump(2) << '\n';
  } else {
    streams.out << coverage_text(report);
  }
  const bool wrong = std::any_of(report.restored.begin(), report.restored.end(),
                                 [](const RestoredGraphs& one) { return one.failed > 0; });
  return static_cast<int>(wrong ? kExitFailed : kExitOk);
}

}  // namespace rb
