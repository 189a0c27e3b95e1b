// Graphs that ordinary programs can have made are all planned, and planned right.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "tests/planner/check.h"
#include "tests/planner/interleave.h"

namespace rb::test {
namespace {

struct Tally {
  std::string wrong;  ///< the first graph without a right plan
  long graphs = 0;
  long tasks = 0;
  long unshares = 0;
  long execs = 0;
  long siblings = 0;
  long sessions = 0;
  long ordered = 0;
  long throwaways = 0;
  long useless = 0;

  [[nodiscard]] std::string text() const {
    return fmt::format(
        "{} graphs of {} tasks: {} unshares, {} CLONE_PARENT, {} execs, {} setsids, {} throw-away "
        "tasks, {} ordered plans, {} useless objects",
        graphs, tasks, unshares, siblings, execs, sessions, throwaways, ordered, useless);
  }
};

void add(Tally& tally, const SharingGraph& graph, std::mt19937_64& random) {
  const auto plan = make_plan(graph);
  if (!plan) {
    tally.wrong = plan.error().message + "\n" + describe(graph);
    return;
  }
  tally.wrong = check_plan(graph, *plan);
  if (!plan->ordered) tally.wrong += replay(graph, interleave(*plan, random)).mistake;
  const Plan wide = spread(graph, *plan, 3, 2);
  tally.wrong += replay(graph, wide).mistake;
  if (!plan->ordered) tally.wrong += replay(graph, interleave(wide, random)).mistake;
  if (!tally.wrong.empty()) tally.wrong += "\n" + describe(graph) + describe(*plan);
  ++tally.graphs;
  tally.tasks += static_cast<long>(graph.tasks.size());
  tally.unshares += plan->unshares;
  tally.execs += plan->execs;
  tally.throwaways += plan->throwaways;
  tally.ordered += plan->ordered ? 1 : 0;
  for (const Step& step : plan->steps) {
    tally.siblings += step.sibling ? 1 : 0;
    tally.sessions += step.kind == StepKind::kSetSid ? 1 : 0;
  }
  for (const int useless : useless_objects(graph, *plan)) tally.useless += useless;
}

Tally plan_histories(int graphs, const HistoryOptions& options, unsigned seed) {
  std::mt19937_64 random(seed);
  Tally tally;
  for (int i = 0; i < graphs && tally.wrong.empty(); ++i)
    add(tally, history_graph(random, options), random);
  return tally;
}

TEST_CASE("5,000 graphs from histories with threads and sessions are planned", "[planner]") {
  const Tally tally = plan_histories(5000, {}, 1);
  CHECK(tally.wrong == "");
  WARN(tally.text());
  CHECK(tally.graphs == 5000);
  CHECK(tally.useless == 0);
  // The generator must keep making graphs that need every means but throw-aways.
  CHECK(tally.unshares > 100);
  CHECK(tally.siblings > 100);
  CHECK(tally.execs > 10);
  CHECK(tally.sessions > 100);
  CHECK(tally.ordered > 0);
}

TEST_CASE("graphs from histories of processes, many of which exit, are planned", "[planner]") {
  const Tally tally =
      plan_histories(2000, {.max_events = 56, .threads = false, .sessions = false, .exits = 3}, 2);
  CHECK(tally.wrong == "");
  WARN(tally.text());
  CHECK(tally.throwaways > 0);
  CHECK(tally.useless == 0);
}

}  // namespace
}  // namespace rb::test
