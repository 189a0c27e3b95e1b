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

TEST_CASE("a task cannot pass on what it does not hold", "[planner]") {
  // C would have to be born with A's files for D's sake and get B's files later.
  CHECK(refusal(processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {1, 2, 2, 1, 2}, {2, 3, 3, 0, 3}})) ==
        "task 3 shares files with task 0, which no creator it can have is able to pass on: no "
        "order of stock system calls makes it (all tried, with up to 2 throw-away tasks)");
}

TEST_CASE("show", "[.]") {
  auto show = [](const char* what, const SharingGraph& graph) {
    const auto plan = make_plan(graph);
    WARN(what << ": " << (plan ? "\n" + describe(*plan) : plan.error().message)
              << (plan ? check_plan(graph, *plan) : ""));
  };
  show("mm skip, files shared with A",
       processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 0, 1}, {1, 0, 0, 2, 2}}));
  show("sighand skip in one mm", processes({{-1, 0, 0, 0, 0}, {0, 0, 1, 1, 1}, {1, 0, 0, 2, 2}}));
  show("cousins mm",
       processes(
           {{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {0, 2, 2, 2, 2}, {1, 3, 3, 3, 3}, {2, 3, 3, 4, 4}}));
  show("cousins mm, files with root",
       processes(
           {{-1, 0, 0, 0, 0}, {0, 1, 1, 0, 1}, {0, 2, 2, 0, 2}, {1, 3, 3, 3, 3}, {2, 3, 3, 4, 4}}));
  show("steiner", processes({{-1, 9, 9, 9, 9}, {0, 1, 1, 1, 2}, {0, 1, 2, 3, 1}, {0, 4, 4, 1, 1}}));
  show("steiner2",
       processes(
           {{-1, 9, 9, 9, 9}, {0, 1, 1, 1, 2}, {0, 1, 2, 3, 1}, {0, 4, 4, 1, 1}, {0, 9, 9, 9, 9}}));
  show("4-cycle", processes({{-1, 0, 0, 1, 1}, {0, 1, 1, 1, 2}, {0, 2, 2, 2, 1}, {0, 3, 3, 2, 2}}));
  show("subreaper",
       processes(
           {{-1, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, {1, 2, 2, 5, 2}, {2, 3, 3, 0, 3}, {0, 4, 4, 5, 4}}));
  show("crossing",
       processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {1, 2, 2, 0, 2}, {2, 3, 3, 1, 3}}));
}

}  // namespace
}  // namespace rb::test
