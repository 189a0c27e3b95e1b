// Sharing graphs are really restarted: all of two and three processes, and what
// simulated histories of programs leave.
#include "tests/support/graphs.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "harness/coverage/graph_image.h"
#include "strategies/userspace/image_graph.h"
#include "strategies/userspace/planner/plan.h"
#include "tests/native/restart.h"

namespace rb::test {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kOneIn = 7;  // minutes instead of one; the same code for each graph
#else
constexpr std::uint64_t kOneIn = 1;
#endif

/// Which means the plans of the restarted graphs used.
struct Tally {
  int graphs = 0;
  int tasks = 0;
  int unshares = 0;
  int siblings = 0;
  int execs = 0;
  int throwaways = 0;
  int sessions = 0;
  int ordered = 0;
  int wrong = 0;

  void add(const Plan& plan, std::size_t task_count) {
    ++graphs;
    tasks += static_cast<int>(task_count);
    unshares += plan.unshares > 0 ? 1 : 0;
    execs += plan.execs > 0 ? 1 : 0;
    throwaways += plan.throwaways > 0 ? 1 : 0;
    ordered += plan.ordered ? 1 : 0;
    bool sibling = false;
    bool session = false;
    for (const Step& step : plan.steps) {
      sibling = sibling || step.sibling;
      session = session || step.kind == StepKind::kSetSid;
    }
    siblings += sibling ? 1 : 0;
    sessions += session ? 1 : 0;
  }
  [[nodiscard]] std::string text() const {
    return fmt::format(
        "{} graphs of {} tasks, restarted one in {}; plans with unshare {}, CLONE_PARENT {}, "
        "exec {}, throw-away tasks {}, setsid {}, order {}",
        graphs, tasks, kOneIn, unshares, siblings, execs, throwaways, sessions, ordered);
  }
};

constexpr int kMaxWrong = 5;  // more say no more

/// Restarts one graph that has a plan; one in kOneIn seeds.
void restart_graph(const SharingGraph& graph, std::uint64_t seed, const RestartOptions& options,
                   Tally& tally, std::string_view strategy = "userspace") {
  if (tally.wrong >= kMaxWrong) return;
  INFO("seed " << seed << "\n" << describe(graph));
  const auto plan = make_plan(graph);
  if (!plan) FAIL(plan.error().message);
  const auto image = graph_image(graph, seed);
  if (!image) FAIL(describe(image.error()));
  if (const Status made = make_fixtures(*image); !made) FAIL(describe(made.error()));
  tally.add(*plan, graph.tasks.size());
  if (seed % kOneIn != 1 % kOneIn) return;
  const std::string problems = joined(restart(strategy_named(strategy), *image, options));
  CHECK(problems == "");
  tally.wrong += problems.empty() ? 0 : 1;
}

/// supports() refuses with the planner's reason.
void expect_refusal(const SharingGraph& graph, std::uint64_t seed) {
  INFO("seed " << seed << "\n" << describe(graph));
  const auto image = graph_image(graph, seed);
  REQUIRE(image);
  const Status status = strategy_named("userspace").supports(*image, {});
  REQUIRE_FALSE(status);
  CHECK(status.error().kind == ErrorKind::kUnsupported);
  const std::string& reason = status.error().message;
  CHECK(reason.find("task ") != std::string::npos);
  bool names_object = false;
  for (const char* object : {"mm", "sighand", "files", "fs"}) {
    names_object = names_object || reason.find(std::string("shares ") + object + " with task ") !=
                                       std::string::npos;
  }
  INFO(reason);
  CHECK(names_object);
}

struct Counts {
  int restarted = 0;
  int refused = 0;
};

Counts restart_all_graphs(int tasks, Tally& tally) {
  Counts counts;
  std::uint64_t seed = 0;
  each_graph(tasks, [&](const SharingGraph& graph) {
    ++seed;
    if (!make_plan(graph)) {
      expect_refusal(graph, seed);
      ++counts.refused;
      return;
    }
    // All are verified from outside; every fourth reports from inside, too.
    restart_graph(graph, seed, {.run = seed % 4 == 0, .leftovers = seed % 16 == 0}, tally);
    ++counts.restarted;
  });
  return counts;
}

TEST_CASE("an image has the graph that it was made of", "[graph_image]") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200; ++i) {
    const SharingGraph graph = history_graph(random, {.exit_signals = true});
    const auto image = graph_image(graph, 1);
    REQUIRE(image);
    const SharingGraph found = sharing_graph(*image);
    REQUIRE(found.tasks.size() == graph.tasks.size());
    for (std::size_t t = 0; t < graph.tasks.size(); ++t) {
      const GraphTask& a = graph.tasks[t];
      const GraphTask& b = found.tasks[t];
      CHECK((a.leader == b.leader && a.session_leader == b.session_leader));
      CHECK((a.leader != static_cast<int>(t) ||
             (a.parent == b.parent && a.exit_signal == b.exit_signal)));
      for (std::size_t other = 0; other < t; ++other) {
        const GraphTask& c = graph.tasks[other];
        const GraphTask& d = found.tasks[other];
        for (std::size_t cls = 0; cls < kSharedCount; ++cls) {
          CHECK((a.object[cls] == c.object[cls]) == (b.object[cls] == d.object[cls]));
        }
        CHECK((a.session == c.session) == (b.session == d.session));
      }
    }
  }
}

TEST_CASE("all graphs of two processes are restarted", "[graphs]") {
  need_root();
  Tally tally;
  const Counts counts = restart_all_graphs(2, tally);
  CHECK(counts.restarted == 12);
  CHECK(counts.refused == 0);
}

TEST_CASE("the 545 possible graphs of three processes are restarted", "[graphs]") {
  need_root();
  Tally tally;
  const Counts counts = restart_all_graphs(3, tally);
  WARN(tally.text());
  CHECK(counts.restarted == 545);
  CHECK(counts.refused == 55);
  CHECK(tally.unshares > 0);
  CHECK(tally.siblings > 0);
  CHECK(tally.execs > 0);
}

/// 100 graphs, from one seed a graph, which a failure names.
void restart_histories(std::uint64_t first_seed, const HistoryOptions& options, Tally& tally) {
  for (std::uint64_t seed = first_seed; seed < first_seed + 100; ++seed) {
    std::mt19937_64 random(seed);
    const SharingGraph graph = history_graph(random, options);
    restart_graph(graph, seed, {.run = seed % 4 == 0, .leftovers = seed % 10 == 0}, tally);
  }
}

TEST_CASE("a thousand graphs from histories are restarted", "[graphs]") {
  need_root();
  static Tally tally;  // over all batches
  static int batches = 0;
  for (std::uint64_t batch = 0; batch < 10; ++batch) {
    DYNAMIC_SECTION("seeds from " << 1000 + 100 * batch) {
      const bool exits = batch % 5 == 4;  // the kind that needs throw-away tasks
      restart_histories(
          1000 + 100 * batch,
          exits ? HistoryOptions{.max_events = 56, .threads = false, .sessions = false, .exits = 3}
                : HistoryOptions{},
          tally);
      ++batches;
    }
  }
  if (batches < 10 || tally.graphs < 1000) return;
  batches = 0;
  WARN(tally.text());
  CHECK(tally.unshares > 50);
  CHECK(tally.siblings > 50);
  CHECK(tally.execs > 5);
  CHECK(tally.sessions > 50);
}

TEST_CASE("the variants restart graphs from histories, too", "[graphs]") {
  need_root();
  for (const char* strategy : {"userspace-naive", "userspace-closerange"}) {
    Tally tally;
    for (std::uint64_t seed = 5000; seed < 5050; ++seed) {
      std::mt19937_64 random(seed);
      INFO("strategy " << strategy);
      restart_graph(history_graph(random, {}), seed, {.run = seed % 4 == 0, .leftovers = false},
                    tally, strategy);
    }
    CHECK(tally.graphs == 50);
  }
}

TEST_CASE("each means of a plan is restarted", "[graphs]") {
  need_root();
  const SharingGraph graphs[] = {
      // unshare; exec; CLONE_PARENT; cousins: their parents exec; a helper
      processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {1, 2, 2, 0, 2}}),
      processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {1, 0, 0, 2, 2}}),
      processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {0, 1, 1, 2, 2}}),
      processes(
          {{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {0, 2, 2, 2, 2}, {1, 3, 3, 3, 3}, {2, 3, 3, 4, 4}}),
      processes(
          {{-1, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, {1, 2, 2, 5, 2}, {2, 3, 3, 0, 3}, {0, 4, 4, 5, 4}}),
  };
  for (const char* strategy : {"userspace", "userspace-naive", "userspace-closerange"}) {
    INFO("strategy " << strategy);
    Tally tally;
    for (const SharingGraph& graph : graphs) restart_graph(graph, 1, {.times = 2}, tally, strategy);
    CHECK(tally.unshares > 0);
    CHECK(tally.siblings > 0);
    CHECK(tally.execs == 2);
    CHECK(tally.throwaways == 1);
    CHECK(tally.wrong == 0);
  }
}

}  // namespace
}  // namespace rb::test
