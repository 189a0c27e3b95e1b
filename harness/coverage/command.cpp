#include "harness/coverage/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/coverage/report.h"
#include "harness/exit_code.h"
#include "harness/format.h"
#include "harness/interrupt.h"
#include "harness/selection.h"

namespace rb {
namespace {

constexpr const char* kEraseLine = "\r\033[K";  // ECMA-48: EL

/// What one strategy restores is of interest if it is one and says what it can share.
std::vector<const Strategy*> covered_strategies(const Parts& parts) {
  std::vector<const Strategy*> chosen;
  for (const Strategy* strategy : parts.strategies) {
    if ((strategy->flags & (kSharesByPlan | kSharesAnything)) != 0) chosen.push_back(strategy);
  }
  return chosen;
}

/// Those that can run here; kLacking if none can.
Result<std::vector<const Strategy*>> runnable(const std::vector<const Strategy*>& strategies) {
  std::vector<const Strategy*> chosen;
  std::string lacking;
  for (const Strategy* strategy : strategies) {
    if (const auto lacks = machine_lacks(*strategy)) {
      lacking += fmt::format("{}{} {}", lacking.empty() ? "" : "; ", strategy->name, *lacks);
    } else {
      chosen.push_back(strategy);
    }
  }
  if (chosen.empty()) {
    return fail(ErrorKind::kLacking, "no strategy can run here: " + lacking);
  }
  return chosen;
}

class Watch {
 public:
  Watch(const Streams& streams, std::size_t graphs, const char* what)
      : streams_(streams), graphs_(graphs), what_(what) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    if (streams_.err_is_terminal) streams_.err << kEraseLine << std::flush;
  }
  void at(std::size_t done) {
    if (!streams_.err_is_terminal) return;
    streams_.err << kEraseLine
                 << fmt::format("{} of {} graphs {}", format_count(done), format_count(graphs_),
                                what_)
                 << std::flush;
  }

 private:
  const Streams& streams_;
  std::size_t graphs_;
  const char* what_;
};

}  // namespace

Result<int> coverage_command(const CoverageOptions& options, const Parts& parts,
                             const Streams& streams) {
  if (options.restore && options.tasks > kMaxRestoredTasks) {
    return fail(ErrorKind::kUsage,
                fmt::format("--restore restarts graphs of up to {} processes", kMaxRestoredTasks),
                "leave --restore out, or use fewer --tasks");
  }
  CoverageReport report;
  report.strategies = covered_strategies(parts);
  std::vector<const Strategy*> restored;
  if (options.restore) {
    auto here = runnable(report.strategies);
    if (!here) return tl::unexpected<Error>(std::move(here).error());
    restored = std::move(*here);
  }
  {
    Watch watch(streams, graph_count(options.tasks), "planned");
    report.counts = count_graphs(options.tasks, std::thread::hardware_concurrency(),
                                 [&](std::size_t done) { watch.at(done); });
  }
  if (options.restore) {
    const InterruptGuard guard;
    Watch watch(streams, report.counts.graphs, "restarted");
    auto results =
        restore_graphs(options.tasks, restored, parts, [&](std::size_t done) { watch.at(done); });
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
