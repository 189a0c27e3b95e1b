// Replay refuses what the kernel refuses, whoever wrote the plan.
#include <catch2/catch.hpp>

#include "tests/planner/check.h"

namespace rb::test {
namespace {

constexpr ShareMask kVm = share_bit(Shared::kMm);
constexpr ShareMask kSig = share_bit(Shared::kSighand);
constexpr ShareMask kFd = share_bit(Shared::kFiles);
constexpr ShareMask kAll = 15;
const Step kRoot{.kind = StepKind::kCreate, .actor = kCoordinator, .target = 0};

Step create(int actor, int target, ShareMask share, bool thread = false, bool sibling = false) {
  return {.kind = StepKind::kCreate,
          .actor = actor,
          .target = target,
          .share = share,
          .thread = thread,
          .sibling = sibling};
}
Step does(StepKind kind, int actor, ShareMask share = 0) {
  return {.kind = kind, .actor = actor, .share = share};
}
Step subreaper(int actor, bool value) {
  return {.kind = StepKind::kSubreaper, .actor = actor, .value = value};
}
Step reap(int actor, int target) {
  return {.kind = StepKind::kReap, .actor = actor, .target = target};
}

std::string mistake(const SharingGraph& graph, std::vector<Step> steps, int throwaways = 0) {
  const Plan plan{.steps = std::move(steps),
                  .task_count = static_cast<int>(graph.tasks.size()) + throwaways};
  return replay(graph, plan).mistake;
}

const SharingGraph kTwo = processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}});
const SharingGraph kThree = processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {0, 2, 2, 2, 2}});
const SharingGraph kThread = thread_graph(1);

TEST_CASE("replay accepts right plans and counts objects", "[planner]") {
  CHECK(mistake(kTwo, {kRoot, create(0, 1, 0)}) == "");
  CHECK(mistake(kThread, {kRoot, create(0, 1, kAll, true)}) == "");
  const Plan plan{.steps = {kRoot, create(0, 1, kVm | kSig | kFd), does(StepKind::kExec, 1)},
                  .task_count = 2};
  const Replay result = replay(kTwo, plan);
  CHECK(result.mistake == "");
  CHECK(result.created == std::array<int, kSharedCount>{2, 2, 2, 2});
}

TEST_CASE("replay knows clone(2)", "[planner]") {
  CHECK(mistake(kTwo, {kRoot, create(0, 1, kSig)}) == "step 1: CLONE_SIGHAND without CLONE_VM");
  CHECK(mistake(kThread, {kRoot, create(0, 1, kVm, true)}) ==
        "step 1: CLONE_THREAD without CLONE_SIGHAND");
  CHECK(mistake(kTwo, {create(0, 1, 0)}) == "step 0: the actor does not run");
  CHECK(mistake(kTwo, {kRoot, create(0, 1, 0), create(0, 1, 0)}) == "step 2: the target exists");
  CHECK(mistake(kTwo, {kRoot, create(0, 1, 0, false, true)}) ==
        "step 1: a second child of the coordinator");
  CHECK(mistake(kTwo, {create(kCoordinator, 0, kFd)}) ==
        "step 0: the root shares with the coordinator");
}

TEST_CASE("replay knows unshare(2), execve(2) and setsid(2)", "[planner]") {
  CHECK(mistake(kTwo, {kRoot, create(0, 1, kVm), does(StepKind::kUnshare, 1, kVm)}) ==
        "step 2: unshare of an mm or sighand with several users");
  CHECK(mistake(kThread, {kRoot, create(0, 1, kAll, true), does(StepKind::kExec, 0)}) ==
        "step 2: exec in a group with threads");
  CHECK(mistake(kThread, {kRoot, create(0, 1, kAll, true), does(StepKind::kExec, 1)}) ==
        "step 2: exec in a group with threads");
  CHECK(mistake(kThread, {kRoot, create(0, 1, kAll, true), does(StepKind::kSetSid, 1)}) ==
        "step 2: setsid by a thread");
  CHECK(mistake(kTwo, {kRoot, does(StepKind::kSetSid, 0), does(StepKind::kSetSid, 0)}) ==
        "step 2: setsid by a session leader");
}

TEST_CASE("replay knows exit, re-parenting and wait(2)", "[planner]") {
  const std::vector<Step> good = {kRoot,           create(0, 1, 0),    create(1, 3, kAll),
                                  create(3, 2, 0), subreaper(0, true), does(StepKind::kExit, 3),
                                  reap(1, 3),      subreaper(0, false)};
  CHECK(mistake(kThree, good, 1) == "");
  auto without = [&](std::size_t index) {
    std::vector<Step> steps = good;
    steps.erase(steps.begin() + static_cast<long>(index));
    return mistake(kThree, steps, 1);
  };
  CHECK(without(4) == "task 2 has the wrong parent");
  CHECK(without(6) == "throw-away task 3 is left over");
  CHECK(without(7) == "task 0 is left a subreaper");
  std::vector<Step> steps = good;
  steps[6].actor = 0;
  CHECK(mistake(kThree, steps, 1) == "step 6: reaped by someone else than its parent");
  CHECK(mistake(kTwo, {kRoot, create(0, 1, 0), does(StepKind::kExit, 1)}) ==
        "step 2: a task of the graph exits");
}

TEST_CASE("replay compares the result with the graph", "[planner]") {
  CHECK(mistake(kTwo, {kRoot}) == "task 1 is missing");
  CHECK(mistake(kTwo, {kRoot, create(0, 1, kFd)}) == "files of tasks 0 and 1: shared or not");
  CHECK(mistake(kThree, {kRoot, create(0, 1, 0), create(1, 2, 0)}) ==
        "task 2 has the wrong parent");
  CHECK(mistake(kThread, {kRoot, create(0, 1, kAll)}) == "task 1 is in the wrong group");
  SharingGraph graph = kTwo;
  graph.tasks[1].exit_signal = 0;
  CHECK(mistake(graph, {kRoot, create(0, 1, 0), does(StepKind::kExec, 1)}) ==
        "task 1 has the wrong exit signal");
  graph = kTwo;
  graph.tasks[1].session = 1;
  graph.tasks[1].session_leader = true;
  CHECK(mistake(graph, {kRoot, create(0, 1, 0)}) == "task 1: session leader or not");
  graph.tasks[0].session = 0;
  graph.tasks[0].session_leader = true;
  graph.tasks[1].session_leader = false;
  CHECK(mistake(graph, {kRoot, does(StepKind::kSetSid, 0), create(0, 1, 0)}) ==
        "task 1 is in the wrong session");
}

}  // namespace
}  // namespace rb::test
