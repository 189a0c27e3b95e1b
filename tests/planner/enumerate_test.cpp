// All sharing graphs of a few processes: how many are possible by which means.
#include <catch2/catch.hpp>

#include "strategies/userspace/planner/means.h"
#include "tests/planner/check.h"

namespace rb::test {
namespace {

struct Count {
  long graphs = 0;
  std::array<long, kMeansLevels.size()> possible{};
  long undecided = 0;  ///< refused without proof
  long useless = 0;    ///< objects made in vain, without throw-away tasks
  long thrown = 0;     ///< the same in plans with throw-away tasks
  std::string wrong;   ///< the first bad plan
};

bool uses_only(const Plan& plan, const PlannerMeans& means) {
  bool sibling = false;
  for (const Step& step : plan.steps)
    sibling = sibling || (step.sibling && step.actor < plan.task_count - plan.throwaways);
  return (means.unshare || plan.unshares == 0) && (means.clone_parent || !sibling) &&
         (means.exec || plan.execs == 0) && plan.throwaways <= means.max_throwaways;
}

Count count_possible(int tasks) {
  Count count;
  each_graph(tasks, [&](const SharingGraph& graph) {
    ++count.graphs;
    for (std::size_t level = 0; level < kMeansLevels.size(); ++level) {
      const auto plan = make_plan(graph, kMeansLevels[level].means);
      if (!plan) {
        count.undecided += is_proof(plan.error()) ? 0 : 1;
        continue;
      }
      ++count.possible[level];
      for (const int useless : useless_objects(graph, *plan))
        (plan->throwaways == 0 ? count.useless : count.thrown) += useless;
      if (!count.wrong.empty()) continue;
      count.wrong = check_plan(graph, *plan);
      if (!uses_only(*plan, kMeansLevels[level].means))
        count.wrong += "a means that is not allowed";
    }
  });
  return count;
}

void expect_count(int tasks, long graphs, const std::array<long, kMeansLevels.size()>& possible) {
  const Count count = count_possible(tasks);
  CHECK(count.wrong == "");
  CHECK(count.graphs == graphs);
  CHECK(count.possible == possible);
  CHECK(count.undecided == 0);
  CHECK(count.useless == 0);
  CHECK(count.thrown <= 8);
}

TEST_CASE("all graphs of two processes are possible, by clones alone", "[planner]") {
  expect_count(2, 12, {12, 12, 12, 12, 12});
}

TEST_CASE("545 of 600 graphs of three processes are possible", "[planner]") {
  // 48.0, 75.0, 87.5, 90.8, 90.8 %
  expect_count(3, 600, {288, 450, 525, 545, 545});
}

TEST_CASE("55,774 of 81,000 graphs of four processes are possible", "[planner][slow]") {
  // 12.8, 36.3, 55.1, 61.0, 68.9 %
  expect_count(4, 81000, {10368, 29403, 44664, 49411, 55774});
}

}  // namespace
}  // namespace rb::test
