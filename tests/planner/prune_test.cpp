// Calls that a plan can do without.
#include <catch2/catch.hpp>

#include "strategies/userspace/planner/expand.h"
#include "tests/planner/check.h"

namespace rb::test {
namespace {

constexpr ShareMask kFd = share_bit(Shared::kFiles);
constexpr ShareMask kFs = share_bit(Shared::kFs);
constexpr ShareMask kAll = 15;

Step create(int actor, int target, ShareMask share) {
  return {.kind = StepKind::kCreate, .actor = actor, .target = target, .share = share};
}
Step unshare(int actor, ShareMask share) {
  return {.kind = StepKind::kUnshare, .actor = actor, .share = share};
}
Step exec(int actor) { return {.kind = StepKind::kExec, .actor = actor}; }
const Step kRoot = create(kCoordinator, 0, 0);

/// What is left of the steps; they must make the graph before and after.
std::string pruned(const SharingGraph& graph, std::vector<Step> steps, int throwaways = 0) {
  Plan plan{.steps = std::move(steps),
            .task_count = static_cast<int>(graph.tasks.size()) + throwaways};
  CHECK(replay(graph, plan).mistake == "");
  prune(graph, plan);
  CHECK(replay(graph, plan).mistake == "");
  return describe(plan);
}

const SharingGraph kTwo = processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}});
const SharingGraph kChain = processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {1, 2, 2, 2, 2}});

TEST_CASE("an object without other users is not unshared", "[planner]") {
  CHECK(pruned(kTwo, {kRoot, create(0, 1, kFd), unshare(0, kFd | kFs), unshare(1, kFd | kFs)}) ==
        "  -1: creates 0, sharing\n"
        "  0: creates 1, sharing files\n"
        "  0: unshares files\n");
}

TEST_CASE("an exec for the sake of files is an unshare", "[planner]") {
  CHECK(pruned(kTwo, {kRoot, create(0, 1, kFd), exec(1)}) ==
        "  -1: creates 0, sharing\n"
        "  0: creates 1, sharing files\n"
        "  1: unshares files\n");
}

TEST_CASE("a task that exits is no user any more", "[planner]") {
  const Step exits{.kind = StepKind::kExit, .actor = 2};
  const Step reaps{.kind = StepKind::kReap, .actor = 0, .target = 2};
  const std::string left = pruned(
      kTwo, {kRoot, create(0, 2, kAll), exits, reaps, create(0, 1, 0), unshare(0, kFd | kFs)}, 1);
  CHECK(left.find("unshares") == std::string::npos);
}

TEST_CASE("what an exec copies need not be unshared before", "[planner]") {
  // All three leave the files of 0, the last by an exec for its mm's sake.
  const ShareMask vm = share_bit(Shared::kMm) | share_bit(Shared::kSighand);
  CHECK(pruned(kChain, {kRoot, create(0, 1, kAll), create(1, 2, kFd), unshare(2, kFd),
                        unshare(0, kFd), unshare(0, kFs), exec(1)}) ==
        "  -1: creates 0, sharing\n"
        "  0: creates 1, sharing mm sighand files fs\n"
        "  1: creates 2, sharing files\n"
        "  0: unshares files\n"
        "  0: unshares fs\n"
        "  1: execs\n");
  // A task that keeps them to the end must not be left with others.
  const SharingGraph pair = processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {1, 2, 2, 0, 2}});
  CHECK(pruned(pair, {kRoot, create(0, 1, vm | kFd), create(1, 2, kFd), exec(1)}) ==
        "  -1: creates 0, sharing\n"
        "  0: creates 1, sharing mm sighand files\n"
        "  1: creates 2, sharing files\n"
        "  1: execs\n");
}

}  // namespace
}  // namespace rb::test
