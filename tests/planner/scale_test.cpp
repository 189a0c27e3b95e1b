// The planner's work grows with the tasks, not with their square. Work is
// counted in weighed pairs of task and creator, so no clock is involved.
#include <catch2/catch.hpp>

#include "tests/planner/check.h"

namespace rb::test {
namespace {

long work_for(const SharingGraph& graph) {
  const auto plan = make_plan(graph);
  if (!plan) FAIL(plan.error().message);
  CHECK(replay(graph, *plan).mistake == "");
  return plan->work;
}

/// Siblings that share files with each other, not with their parent.
SharingGraph sibling_graph(int tasks) {
  SharingGraph graph = flat_graph(tasks);
  for (std::size_t i = 1; i < graph.tasks.size(); ++i) graph.tasks[i].object[2] = 1;
  return graph;
}

/// Siblings of which each shares files with one neighbour and fs with the other.
SharingGraph zigzag_graph(int tasks) {
  SharingGraph graph = flat_graph(tasks);
  for (int i = 1; i <= tasks; ++i) {
    auto& object = graph.tasks[static_cast<std::size_t>(i)].object;
    object[2] = i / 2;
    object[3] = (i + 1) / 2;
  }
  return graph;
}

/// middle_graph in which A and C share everything and B nothing: B execs.
SharingGraph exec_graph(int chains) {
  SharingGraph graph = middle_graph(chains);
  for (std::size_t c = 3; c < graph.tasks.size(); c += 3)
    graph.tasks[c].object = graph.tasks[c - 2].object;
  return graph;
}

/// middle_graph in which all of A and C share one files table with the root.
SharingGraph common_graph(int chains) {
  SharingGraph graph = middle_graph(chains);
  for (std::size_t i = 0; i < graph.tasks.size(); ++i)
    if (i % 3 != 2) graph.tasks[i].object[2] = 0;
  return graph;
}

TEST_CASE("clones from parents and leaders weigh one creator a task", "[planner]") {
  CHECK(work_for(thread_graph(10000)) == 10001);
  CHECK(work_for(flat_graph(2000)) == 2001);
}

TEST_CASE("work is linear in the number of tasks", "[planner]") {
  for (auto* make : {sibling_graph, zigzag_graph, middle_graph, common_graph}) {
    const long small = work_for(make(250));
    const long large = work_for(make(1000));
    CHECK(large <= 5 * small);
    CHECK(large <= 20 * 1000);
  }
}

TEST_CASE("work with execs is linear, with a larger constant", "[planner]") {
  CHECK(work_for(exec_graph(1000)) <= 5 * work_for(exec_graph(250)));
}

TEST_CASE("chains are restored with one unshare each", "[planner]") {
  const SharingGraph graph = middle_graph(1000);
  const auto plan = make_plan(graph);
  REQUIRE(plan);
  CHECK(plan->unshares == 1000);
  CHECK(plan->steps.size() == 4001);
  CHECK_FALSE(plan->ordered);
}

}  // namespace
}  // namespace rb::test
