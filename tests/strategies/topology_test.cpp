// Where objects come from during a plan: followed, and compared with the kernel's rules.
#include "strategies/userspace/topology.h"

#include <catch2/catch.hpp>
#include <map>

#include "tests/support/graphs.h"

namespace rb::test {
namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

/// Whether two tasks hold one object exactly where the graph says so.
void check_holders(const SharingGraph& graph, const Topology& topology) {
  for (std::size_t cls = 0; cls < kSharedCount; ++cls) {
    std::map<int, int> object_of;  // the graph's number → the topology's
    std::map<int, int> number_of;
    for (std::size_t t = 0; t < graph.tasks.size(); ++t) {
      const int number = graph.tasks[t].object[cls];
      const int held = topology.held[cls][t];
      REQUIRE(held >= 0);
      REQUIRE(held < static_cast<int>(topology.objects[cls].size()));
      CHECK(object_of.try_emplace(number, held).first->second == held);
      CHECK(number_of.try_emplace(held, number).first->second == number);
      const PlannedObject& object = topology.objects[cls][at(held)];
      CHECK(object.final_index == number);
      REQUIRE(object.owner >= 0);
      CHECK(topology.held[cls][at(object.owner)] == held);
    }
    for (std::size_t i = 0; i < topology.objects[cls].size(); ++i) {
      if (number_of.contains(static_cast<int>(i))) continue;
      CHECK(topology.objects[cls][i].final_index == -1);
      CHECK(topology.objects[cls][i].owner == -1);
    }
  }
}

/// Sources precede copies; who copies is known; steps are those that make the object.
void check_sources(const Plan& plan, const Topology& topology) {
  for (std::size_t cls = 0; cls < kSharedCount; ++cls) {
    const auto& objects = topology.objects[cls];
    std::vector<bool> by_others(objects.size(), false);
    int last_step = 0;
    for (std::size_t i = 0; i < objects.size(); ++i) {
      const PlannedObject& object = objects[i];
      CHECK(object.source < static_cast<int>(i));
      CHECK(object.step >= last_step);
      last_step = object.step;
      const Step& step = plan.steps[at(object.step)];
      const bool created = step.kind == StepKind::kCreate;
      CHECK(object.founder == (created ? step.target : step.actor));
      CHECK(object.by_exec == (step.kind == StepKind::kExec));
      if (created) CHECK((step.actor == kCoordinator || (step.share >> cls & 1u) == 0));
      if (object.source < 0) continue;
      CHECK(topology.copies[at(step.actor)] != 0);
      if (step.actor != objects[at(object.source)].owner) by_others[at(object.source)] = true;
    }
    for (std::size_t i = 0; i < objects.size(); ++i) {
      CHECK(objects[i].copied_by_others == by_others[i]);
    }
  }
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    if (step.kind == StepKind::kCreate) CHECK(topology.creator[at(step.target)] == step.actor);
    const int founds = topology.founds_files[i];
    if (founds < 0) continue;
    const auto& files = topology.objects[static_cast<std::size_t>(Shared::kFiles)];
    CHECK(files[at(founds)].step == static_cast<int>(i));
  }
}

void check_topology(const SharingGraph& graph, const Plan& plan) {
  const Replay replayed = replay(graph, plan);
  REQUIRE(replayed.mistake == "");
  const Topology topology = follow(graph, plan);
  for (std::size_t cls = 0; cls < kSharedCount; ++cls) {
    CHECK(static_cast<int>(topology.objects[cls].size()) == replayed.created[cls]);
  }
  check_holders(graph, topology);
  check_sources(plan, topology);
}

void check_histories(const HistoryOptions& options) {
  int execs = 0;
  int unshares = 0;
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    std::mt19937_64 random(seed);
    const SharingGraph graph = history_graph(random, options);
    const auto plan = make_plan(graph);
    REQUIRE(plan);
    INFO("seed " << seed << "\n" << describe(graph));
    check_topology(graph, *plan);
    check_topology(graph, spread(graph, *plan, 3, 2));
    execs += plan->execs;
    unshares += plan->unshares;
  }
  CHECK(execs > 0);
  CHECK(unshares > 100);
}

TEST_CASE("a plan is followed as the kernel's rules replay it", "[topology]") {
  check_histories({});
}

TEST_CASE("plans with throw-away tasks are followed, too", "[topology]") {
  check_histories({.max_events = 56, .threads = false, .sessions = false, .exits = 3});
  const SharingGraph helper = processes(
      {{-1, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, {1, 2, 2, 5, 2}, {2, 3, 3, 0, 3}, {0, 4, 4, 5, 4}});
  const auto plan = make_plan(helper);
  REQUIRE(plan);
  REQUIRE(plan->throwaways == 1);
  check_topology(helper, *plan);
}

}  // namespace
}  // namespace rb::test
