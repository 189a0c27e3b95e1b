// Several tasks create at once, and the tree stays the same.
#include <catch2/catch.hpp>
#include <map>

#include "tests/planner/check.h"
#include "tests/planner/interleave.h"

namespace rb::test {
namespace {

std::map<int, int> creates_by_actor(const Plan& plan) {
  std::map<int, int> count;
  for (const Step& step : plan.steps)
    if (step.kind == StepKind::kCreate) ++count[step.actor];
  return count;
}

Plan planned(const SharingGraph& graph) {
  auto plan = make_plan(graph);
  REQUIRE(plan);
  return *plan;
}

TEST_CASE("threads and siblings are shared out evenly", "[planner]") {
  for (const SharingGraph& graph : {thread_graph(1000), flat_graph(1000)}) {
    const Plan plan = spread(graph, planned(graph), 4);
    CHECK(replay(graph, plan).mistake == "");
    // 1, 2 and 3 take 249 each; the root makes them and keeps 250.
    CHECK(creates_by_actor(plan) ==
          std::map<int, int>{{kCoordinator, 1}, {0, 253}, {1, 249}, {2, 249}, {3, 249}});
  }
}

TEST_CASE("any order of the actors makes the same tree", "[planner]") {
  std::mt19937_64 random(6);
  SharingGraph graph = flat_graph(200);
  for (int i = 1; i <= 200; i += 3) add_thread(graph, i, 1000 + i, i);
  const Plan plan = spread(graph, planned(graph), 8);
  for (int i = 0; i < 50; ++i) CHECK(replay(graph, interleave(plan, random)).mistake == "");
}

TEST_CASE("helpers that unshare or found a session create first", "[planner]") {
  std::mt19937_64 random(7);
  SharingGraph graph = processes({{-1, 0, 0, 0, 0}});
  for (int i = 1; i <= 100; ++i) {
    graph.tasks.push_back({.leader = i, .parent = 0, .object = {i, i, i, 0}});
    graph.tasks.back().session = i;
    graph.tasks.back().session_leader = true;
  }
  const Plan plan = spread(graph, planned(graph), 4);
  CHECK(creates_by_actor(plan).size() == 5);
  for (int i = 0; i < 20; ++i) CHECK(replay(graph, interleave(plan, random)).mistake == "");
}

TEST_CASE("short runs, ordered plans and a width of 1 are left alone", "[planner]") {
  const SharingGraph graph = flat_graph(31);
  const Plan plan = planned(graph);
  CHECK(creates_by_actor(spread(graph, plan, 4)) == creates_by_actor(plan));
  CHECK(creates_by_actor(spread(graph, plan, 1, 2)) == creates_by_actor(plan));
  CHECK(creates_by_actor(spread(graph, plan, 4, 31)) != creates_by_actor(plan));
  Plan ordered = plan;
  ordered.ordered = true;
  CHECK(creates_by_actor(spread(graph, ordered, 4, 2)) == creates_by_actor(plan));
}

TEST_CASE("children with another exit signal are no part of a run", "[planner]") {
  SharingGraph graph = flat_graph(100);
  for (std::size_t i = 1; i <= 100; i += 2) graph.tasks[i].exit_signal = 0;
  const Plan plan = planned(graph);
  CHECK(creates_by_actor(spread(graph, plan, 4, 2)) == creates_by_actor(plan));
}

}  // namespace
}  // namespace rb::test
