// Sessions and exit signals: inherited, and changed in person only.
#include <catch2/catch.hpp>
#include <csignal>

#include "tests/planner/check.h"

namespace rb::test {
namespace {

SharingGraph in_sessions(SharingGraph graph, std::initializer_list<int> sessions) {
  std::size_t i = 0;
  for (const int session : sessions) {
    graph.tasks[i].session = session;
    graph.tasks[i].session_leader = session == static_cast<int>(i);
    ++i;
  }
  return graph;
}

std::string planned(const SharingGraph& graph) {
  const auto plan = make_plan(graph);
  if (!plan) return plan.error().message;
  const std::string wrong = check_plan(graph, *plan);
  return wrong.empty() ? describe(*plan) : wrong;
}

const SharingGraph kChain = processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {1, 2, 2, 2, 2}});
const SharingGraph kFlat = processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {0, 2, 2, 2, 2}});

TEST_CASE("a session leader founds its session right after its birth", "[planner]") {
  CHECK(planned(in_sessions(kChain, {0, 0, 2})) ==
        "  -1: creates 0, sharing\n  0: founds its session\n  0: creates 1, sharing\n"
        "  1: creates 2, sharing\n  2: founds its session\n");
}

TEST_CASE("a leader makes children of its old session before it founds its own", "[planner]") {
  CHECK(planned(in_sessions(kChain, {-1, 1, -1})) ==
        "  -1: creates 0, sharing\n  0: creates 1, sharing\n  1: creates 2, sharing\n"
        "  1: founds its session\n");
}

TEST_CASE("a sibling in a child's session is the child's by CLONE_PARENT", "[planner]") {
  CHECK(planned(in_sessions(kFlat, {-1, 1, 1})) ==
        "  -1: creates 0, sharing\n  0: creates 1, sharing\n  1: founds its session\n"
        "  1: creates 2 as sibling, sharing\n");
}

TEST_CASE("a session founded below its members is impossible", "[planner]") {
  CHECK(planned(in_sessions(kChain, {-1, 2, 2}))
            .starts_with("task 1 cannot get its parent, session or exit signal"));
}

TEST_CASE("children of two sessions from one leader that founds the second", "[planner]") {
  const SharingGraph graph =
      in_sessions(processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {1, 2, 2, 2, 2}, {1, 3, 3, 3, 3}}),
                  {-1, 1, -1, 1});
  CHECK(planned(graph) ==
        "  -1: creates 0, sharing\n  0: creates 1, sharing\n  1: creates 2, sharing\n"
        "  1: founds its session\n  1: creates 3, sharing\n");
}

TEST_CASE("setsid among a group's creating threads needs the plan's order", "[planner]") {
  SharingGraph graph = processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 0, 1}});
  add_thread(graph, 1, 5, 1);
  // Child with the thread's files in the old session: before the leader's setsid.
  graph.tasks.push_back({.leader = 3, .parent = 1, .object = {3, 3, 5, 3}});
  graph.tasks[1].session = graph.tasks[2].session = 1;
  graph.tasks[1].session_leader = true;
  const auto plan = make_plan(graph);
  REQUIRE(plan);
  CHECK(check_plan(graph, *plan) == "");
  CHECK(plan->ordered);
}

TEST_CASE("a session whose leader is gone is refused", "[planner]") {
  CHECK(planned(in_sessions(kChain, {-1, 7, 7})) ==
        "dead session leader: task 1 is in session 7, whose leader is not among the tasks");
}

TEST_CASE("two leaders of one session, or one of the coordinator's, are malformed", "[planner]") {
  SharingGraph graph = in_sessions(kFlat, {-1, 1, 1});
  graph.tasks[2].session_leader = true;
  CHECK(planned(graph) == "sharing graph: tasks 1 and 2 both lead session 1");
  graph = kFlat;
  graph.tasks[2].session_leader = true;
  CHECK(planned(graph) == "sharing graph: task 2 leads the coordinator's session");
}

TEST_CASE("CLONE_PARENT passes the creator's exit signal on", "[planner]") {
  SharingGraph graph = processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {0, 2, 2, 1, 2}});
  graph.tasks[1].exit_signal = graph.tasks[2].exit_signal = SIGUSR1;
  CHECK(planned(graph) ==
        "  -1: creates 0, sharing\n  0: creates 1, sharing\n"
        "  1: creates 2 as sibling, sharing files\n");
  // Different signals: the parent makes both and unshares.
  graph.tasks[1].exit_signal = SIGCHLD;
  const auto plan = make_plan(graph);
  REQUIRE(plan);
  CHECK(check_plan(graph, *plan) == "");
  CHECK(plan->unshares == 1);
}

TEST_CASE("exec resets the exit signal, so only SIGCHLD tasks exec", "[planner]") {
  SharingGraph graph = processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {1, 0, 0, 2, 2}});
  CHECK(make_plan(graph).has_value());
  graph.tasks[1].exit_signal = SIGUSR1;
  const auto plan = make_plan(graph);
  REQUIRE_FALSE(plan);
  CHECK(plan.error().message.ends_with(
      "exit signals other than SIGCHLD were tried as plain clones only"));
}

TEST_CASE("histories with odd exit signals give right plans or an honest refusal", "[planner]") {
  std::mt19937_64 random(5);
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    const SharingGraph graph = history_graph(random, {.exit_signals = true});
    const auto plan = make_plan(graph);
    if (!plan) {
      ++refused;
      INFO(describe(graph));
      CHECK(plan.error().message.find("all tried") == std::string::npos);
      continue;
    }
    CHECK(check_plan(graph, *plan) == "");
  }
  WARN(refused << " of 2,000 refused");
  CHECK(refused < 20);
}

TEST_CASE("partitions with odd exit signals are planned right or refused", "[planner]") {
  std::mt19937_64 random(6);
  int throwaways = 0;
  for (int i = 0; i < 3000; ++i) {
    SharingGraph graph = partition_graph(random, 5);
    graph.tasks[random() % graph.tasks.size()].exit_signal = SIGUSR1;
    const auto plan = make_plan(graph);
    if (!plan) continue;
    CHECK(check_plan(graph, *plan) == "");
    throwaways += plan->throwaways;
  }
  CHECK(throwaways > 0);  // whose children get SIGCHLD
}

TEST_CASE("small plans take the cheapest means", "[planner][slow]") {
  std::array<int, 3> taken{};  // unshares, execs, throw-away tasks; what was found when written
  each_graph(4, [&](const SharingGraph& graph) {
    const auto plan = make_plan(graph);
    if (!plan) return;
    taken[0] += plan->unshares;
    taken[1] += plan->execs;
    taken[2] += plan->throwaways;
  });
  CHECK(taken == std::array<int, 3>{29160, 5010, 6363});
}

}  // namespace
}  // namespace rb::test
