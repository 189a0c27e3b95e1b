#include "harness/coverage/restore.h"

#include <fmt/format.h>

#include "harness/coverage/graph_image.h"
#include "harness/interrupt.h"
#include "harness/trial.h"

namespace rb {
namespace {

/// One restart, verified at the barrier. Released tasks would check what is
/// theirs alone; what they share is seen from outside.
Status restore_one(const Strategy& strategy, const Image& image, const Parts& parts) {
  auto restarter = strategy.prepare(image, {});
  if (!restarter) return tl::unexpected<Error>(std::move(restarter).error());
  StageClock clock(monotonic_time());
  auto restarted = restart_timed(**restarter, clock);
  if (!restarted) return tl::unexpected<Error>(std::move(restarted).error().error);
  const auto found = parts.verify_stopped(image, *restarted->tree);
  if (Status destroyed = restarted->tree->destroy(); !destroyed) return destroyed;
  if (!found) return tl::unexpected<Error>(found.error());
  if (found->ok()) return {};
  return fail(ErrorKind::kRestart, "restored wrong: " + found->differences.front());
}

void judge(RestoredGraphs& result, bool claimed, const Status& outcome, std::size_t number) {
  const bool refused = !outcome && outcome.error().kind == ErrorKind::kUnsupported;
  if (claimed && outcome) {
    ++result.restored;
  } else if (!claimed && refused) {
    ++result.refused;
  } else {
    ++result.failed;
    if (!result.first_failure.empty()) return;
    result.first_failure = fmt::format(
        "graph {}: {}", number,
        outcome ? "was restored, although there is no plan for it" : describe(outcome.error()));
  }
}

}  // namespace

bool claims(const Strategy& strategy, const SharingGraph& graph) {
  if ((strategy.flags & kSharesAnything) != 0) return obeys_kernel_rules(graph);
  return (strategy.flags & kSharesByPlan) != 0 && make_plan(graph).has_value();
}

Result<std::vector<RestoredGraphs>> restore_graphs(const GraphSet& set,
                                                   const std::vector<const Strategy*>& strategies,
                                                   const Parts& parts,
                                                   const GraphProgress& progress) {
  std::vector<RestoredGraphs> results;
  for (const Strategy* strategy : strategies) {
    RestoredGraphs& result = results.emplace_back();
    result.strategy = strategy;
  }
  Status status;
  std::size_t number = 0;
  each_graph(set, [&](const SharingGraph& graph) {
    if (!status) return;
    if (interrupted_by() != 0) {
      status = fail(ErrorKind::kRestart, "interrupted");
      return;
    }
    progress(number++);
    const auto image = graph_image(graph, number);
    status = image ? parts.make_fixtures(*image) : Status(tl::unexpect, image.error());
    if (!status) return;
    for (RestoredGraphs& result : results) {
      Status outcome = result.strategy->supports(*image, {});
      if (outcome) outcome = restore_one(*result.strategy, *image, parts);
      if (interrupted_by() == 0) judge(result, claims(*result.strategy, graph), outcome, number);
    }
  });
  if (!status) return tl::unexpected<Error>(std::move(status).error());
  return results;
}

}  // namespace rb
