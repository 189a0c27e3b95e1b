// Hand-written sharing graphs with the means that each needs.
#include <catch2/catch.hpp>

#include "tests/planner/check.h"

namespace rb::test {
namespace {

/// What a plan is expected to use.
struct Means {
  int unshares = 0;
  int siblings = 0;
  int execs = 0;
  int throwaways = 0;
};

void expect_plan(const SharingGraph& graph, const Means& means) {
  const auto plan = make_plan(graph);
  INFO(describe(graph));
  if (!plan) FAIL(plan.error().message);
  INFO(describe(*plan));
  CHECK(check_plan(graph, *plan) == "");
  int siblings = 0;
  for (const Step& step : plan->steps) siblings += step.sibling ? 1 : 0;
  CHECK(plan->unshares == means.unshares);
  CHECK(siblings == means.siblings);
  CHECK(plan->execs == means.execs);
  CHECK(plan->throwaways == means.throwaways);
  CHECK(useless_objects(graph, *plan) == std::array<int, kSharedCount>{});
}

std::string refusal(const SharingGraph& graph) {
  const auto plan = make_plan(graph);
  if (plan) return "planned:\n" + describe(*plan);
  CHECK(plan.error().kind == ErrorKind::kUnsupported);
  return plan.error().message;
}

TEST_CASE("the middle of a chain keeps its own files or fs: it unshares", "[planner]") {
  expect_plan(processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {1, 2, 2, 0, 2}}), {.unshares = 1});
  expect_plan(processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {1, 2, 2, 2, 0}}), {.unshares = 1});
}

TEST_CASE("the middle of a chain keeps its own mm: it execs", "[planner]") {
  expect_plan(processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {1, 0, 0, 2, 2}}), {.execs = 1});
}

TEST_CASE("siblings share what their parent does not have: CLONE_PARENT", "[planner]") {
  expect_plan(processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {0, 1, 1, 2, 2}}), {.siblings = 1});
}

TEST_CASE("cousins share an mm that no ancestor has: their parents exec", "[planner]") {
  expect_plan(
      processes(
          {{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {0, 2, 2, 2, 2}, {1, 3, 3, 3, 3}, {2, 3, 3, 4, 4}}),
      {.unshares = 0, .siblings = 1, .execs = 2});
}

TEST_CASE("three siblings share pairwise: parent and first sibling unshare", "[planner]") {
  expect_plan(processes({{-1, 9, 9, 9, 9}, {0, 1, 1, 1, 2}, {0, 1, 2, 3, 1}, {0, 4, 4, 1, 1}}),
              {.unshares = 2, .siblings = 1});
}

TEST_CASE("a grandchild's files reach a child of the root through a helper", "[planner]") {
  const SharingGraph graph = processes(
      {{-1, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, {1, 2, 2, 5, 2}, {2, 3, 3, 0, 3}, {0, 4, 4, 5, 4}});
  expect_plan(graph, {.unshares = 1, .throwaways = 1});
  const auto plan = make_plan(graph);
  REQUIRE(plan);
  CHECK(plan->ordered);
  CHECK(plan->task_count == 6);
}

TEST_CASE("a throw-away task's exit hands its children to one ancestor only", "[planner]") {
  // 2 goes to 0 and 4 to 1, both made by the throw-away task that has mm 5: the second
  // needs a helper, which counts.
  const SharingGraph graph = processes({{-1, 4, 8, 1, 3},
                                        {0, 4, 8, 5, 4},
                                        {0, 5, 10, 5, 2},
                                        {1, 4, 9, 0, 3},
                                        {1, 5, 10, 4, 2},
                                        {3, 2, 4, 4, 1}});
  expect_plan(graph, {.unshares = 3, .siblings = 1, .throwaways = 2});
  PlannerMeans means;
  means.max_throwaways = 1;
  const auto fewer = make_plan(graph, means);
  if (fewer) FAIL(describe(*fewer));
  CHECK(is_proof(fewer.error()));
}

TEST_CASE("a helper is used where the search comes back to it", "[planner]") {
  const SharingGraph graph = processes({{-1, 2, 4, 4, 4},
                                        {0, 2, 4, 0, 4},
                                        {1, 3, 6, 0, 4},
                                        {0, 4, 8, 2, 3},
                                        {2, 4, 9, 1, 1},
                                        {1, 1, 3, 3, 1}});
  expect_plan(graph, {.throwaways = 2});
}

TEST_CASE("an unshare is taken before a throw-away task", "[planner]") {
  // The plain removals lead past the plan without one: only the thorough search finds it.
  SharingGraph graph =
      processes({{-1, 5, 10, 4, 3}, {0, 2, 4, 4, 4}, {1, 2, 5, 0, 4}, {1, 2, 5, 0, 1}});
  add_thread(graph, 2, 5, 2);
  graph.tasks.push_back({.leader = 5, .parent = 2, .object = {1, 3, 0, 1}});
  expect_plan(graph, {.unshares = 1, .siblings = 1});
}

TEST_CASE("files that an exec copies are not unshared before", "[planner]") {
  expect_plan(processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {0, 2, 2, 2, 1}, {1, 2, 2, 3, 0}}),
              {.unshares = 1, .siblings = 1, .execs = 1});
}

TEST_CASE("threads share with other processes through their group", "[planner]") {
  SharingGraph graph = processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 5, 1}});
  add_thread(graph, 0, 5, 6);  // the child's files: this thread makes the child
  add_thread(graph, 0, 7, 6);
  expect_plan(graph, {});
}

TEST_CASE("graphs that system calls cannot reach are refused with the reason", "[planner]") {
  auto shares = [](int task, const char* object, int other) {
    return "task " + std::to_string(task) + " shares " + object + " with task " +
           std::to_string(other) +
           ", which no creator it can have is able to pass on: no order of stock system calls "
           "makes it (all tried, with up to 2 throw-away tasks)";
  };
  // B shares files with A to the end, so it cannot exec away from the mm that C needs.
  CHECK(refusal(processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 0, 1}, {1, 0, 0, 2, 2}})) ==
        shares(2, "mm", 0));
  CHECK(refusal(processes({{-1, 0, 0, 0, 0}, {0, 0, 1, 1, 1}, {1, 0, 0, 2, 2}})) ==
        shares(2, "sighand", 0));
  // Files and fs in a four-cycle.
  CHECK(refusal(processes({{-1, 0, 0, 1, 1}, {0, 1, 1, 1, 2}, {0, 2, 2, 2, 1}, {0, 3, 3, 2, 2}})) ==
        shares(1, "fs", 3));
  // Crossing and nested pairs along a chain.
  CHECK(refusal(processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {1, 2, 2, 0, 2}, {2, 3, 3, 1, 3}})) ==
        shares(3, "files", 1));
  CHECK(refusal(processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {1, 2, 2, 1, 2}, {2, 3, 3, 0, 3}})) ==
        shares(3, "files", 0));
}

TEST_CASE("a search that was given up says so", "[planner]") {
  std::mt19937_64 random(3);
  PlannerMeans means;
  means.node_limit = 5;
  bool gave_up = false;
  for (int i = 0; i < 200 && !gave_up; ++i) {
    const auto plan = make_plan(partition_graph(random, 14), means);
    gave_up = !plan && plan.error().message.ends_with("the search gave up after 5 nodes");
  }
  CHECK(gave_up);
}

TEST_CASE("random partitions are planned right or refused", "[planner][slow]") {
  std::mt19937_64 random(4);
  int refused = 0;
  int proven = 0;
  for (int i = 0; i < 1000; ++i) {
    const SharingGraph graph = partition_graph(random, 12);
    const auto plan = make_plan(graph);
    if (plan) {
      CHECK(check_plan(graph, *plan) == "");
      continue;
    }
    ++refused;
    proven += plan.error().message.find("all tried") != std::string::npos ? 1 : 0;
    CHECK(plan.error().kind == ErrorKind::kUnsupported);
  }
  WARN(refused << " of 1,000 refused, " << proven << " of them with proof");
  CHECK(refused > 300);
  CHECK(proven > refused / 2);
}

TEST_CASE("malformed graphs are refused before anything is planned", "[planner]") {
  auto error_of = [](const SharingGraph& graph) {
    const auto plan = make_plan(graph);
    return plan ? std::string("planned") : plan.error().message;
  };
  CHECK(error_of({}) == "sharing graph: no tasks");
  const SharingGraph good = processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {1, 2, 2, 2, 2}});
  SharingGraph bad = good;
  bad.tasks[1].parent = 2;
  CHECK(error_of(bad) == "sharing graph: task 1: its parent does not precede it");
  bad = good;
  bad.tasks[1].parent = -1;
  CHECK(error_of(bad) == "sharing graph: task 1: exactly task 0 is the root");
  bad = good;
  bad.tasks[1].leader = 2;
  CHECK(error_of(bad) == "sharing graph: task 1: its leader does not precede it");
  bad = good;
  bad.tasks[1].object[2] = -1;
  CHECK(error_of(bad) == "sharing graph: task 1: an object number is negative");
  bad = good;
  bad.tasks[2].leader = 1;
  CHECK(error_of(bad) == "thread 2 does not share mm and sighand with its leader 1");
  bad.tasks[2].object[0] = 1;
  CHECK(error_of(bad) == "thread 2 does not share mm and sighand with its leader 1");
  bad = good;
  add_thread(bad, 2, 3, 3);
  bad.tasks[3].leader = 3;
  bad.tasks[3].parent = 3;
  CHECK(error_of(bad) == "sharing graph: task 3: its parent does not precede it");
  bad = good;
  bad.tasks[2].object[1] = 1;
  CHECK(error_of(bad) ==
        "tasks 1 and 2 share a sighand but not the mm, which clone(2) does not allow");
}

}  // namespace
}  // namespace rb::test
