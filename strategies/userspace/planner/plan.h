// A plan: the order and the flags with which stock system calls make a tree.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "strategies/userspace/planner/graph.h"

namespace rb {

/// The process that restarts: parent of the root, not part of the tree.
inline constexpr int kCoordinator = -1;

/// Which objects a child shares with its creator; bit n = Shared(n).
using ShareMask = std::uint8_t;
[[nodiscard]] constexpr ShareMask share_bit(Shared object) {
  return static_cast<ShareMask>(1u << static_cast<unsigned>(object));
}

enum class StepKind : std::uint8_t {
  kCreate,     ///< actor clones target, sharing `share`, as thread or process.
  kUnshare,    ///< actor makes the objects in `share` (files, fs) its own.
  kExec,       ///< actor execs the restorer: its own mm, sighand, files. Single-threaded.
  kSetSid,     ///< actor founds its session.
  kSubreaper,  ///< actor becomes (value 1) or stops being (0) a child subreaper.
  kExit,       ///< actor, a throw-away task, exits.
  kReap,       ///< actor waits for target, a throw-away task that exits.
};

struct Step {
  StepKind kind = StepKind::kCreate;
  int actor = kCoordinator;
  int target = -1;       ///< kCreate, kReap; >= graph size: a throw-away task
  ShareMask share = 0;   ///< kCreate, kUnshare
  bool thread = false;   ///< kCreate: CLONE_THREAD
  bool sibling = false;  ///< kCreate: CLONE_PARENT
  bool value = false;    ///< kSubreaper
};

/// Steps in an order in which they can be run one after the other. Where
/// `ordered` is false, each actor may run its own steps without waiting for
/// other actors (a task's first step comes after its creation); plans with
/// throw-away tasks are ordered: step n+1 starts after step n ended.
struct Plan {
  std::vector<Step> steps;
  int task_count = 0;  ///< graph tasks + throw-away tasks
  bool ordered = false;
  int throwaways = 0;
  int execs = 0;
  int unshares = 0;
  long work = 0;  ///< pairs of task and creator that were weighed, for tests of scale
};

/// Which means the planner may use, for the question "which graphs need what".
struct PlannerMeans {
  bool unshare = true;
  bool clone_parent = true;
  bool exec = true;
  int max_throwaways = 2;   ///< throw-away tasks
  long node_limit = 20000;  ///< search nodes before giving up
};

/// Finds an order and flags that make exactly the graph's objects, with as few
/// throw-away tasks, execs and unshares as it can; or says why there is none:
/// kUnsupported, naming the tasks and the object that cannot be shared, and
/// whether that is proven or the search was given up. Pure; deterministic;
/// near-linear where every object's users are connected through parents and
/// siblings.
[[nodiscard]] Result<Plan> make_plan(const SharingGraph& graph, const PlannerMeans& means = {});

/// Whether a refusal of make_plan() is proof that there is no plan, rather than
/// a search that was given up.
[[nodiscard]] bool is_proof(const Error& refusal);

/// Result of replaying a plan on paper.
struct Replay {
  std::string mistake;                      ///< empty: the plan makes the graph
  std::array<int, kSharedCount> created{};  ///< objects made on the way, each class
};

/// Runs a plan forward by the kernel's rules and compares with the graph.
[[nodiscard]] Replay replay(const SharingGraph& graph, const Plan& plan);

/// Lets several tasks create at once: where one actor creates many like
/// siblings or threads, the first `width - 1` of them take over equal parts of
/// the rest (the same parent by CLONE_PARENT, the same group by CLONE_THREAD).
/// Leaves plans that are ordered, and runs shorter than min_run, alone.
[[nodiscard]] Plan spread(const SharingGraph& graph, Plan plan, unsigned width,
                          unsigned min_run = 32);

}  // namespace rb
