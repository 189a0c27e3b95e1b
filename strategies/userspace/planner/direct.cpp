#include "strategies/userspace/planner/direct.h"

namespace rb {
namespace {

/// Which objects have been made already, by class and number.
using Made = std::array<std::vector<char>, kSharedCount>;

/// The flags with which creator makes task, or nullopt when an object of task
/// exists that creator does not hold.
std::optional<ShareMask> share_from(const NormalGraph& normal, std::size_t creator,
                                    std::size_t task, Made& made) {
  ShareMask share = 0;
  for (std::size_t cls = 0; cls < kSharedCount; ++cls) {
    const int object = normal.object[task][cls];
    if (object == normal.object[creator][cls]) {
      share |= share_bit(static_cast<Shared>(cls));
      continue;
    }
    char& exists = made[cls][static_cast<std::size_t>(object)];
    if (exists != 0) return std::nullopt;
    exists = 1;
  }
  return share;
}

}  // namespace

std::optional<Plan> plan_direct(const SharingGraph& graph, const NormalGraph& normal) {
  Made made;
  for (std::size_t cls = 0; cls < kSharedCount; ++cls) {
    made[cls].assign(static_cast<std::size_t>(normal.object_count[cls]), 0);
    made[cls][static_cast<std::size_t>(normal.object[0][cls])] = 1;
  }
  Plan plan;
  plan.task_count = static_cast<int>(graph.tasks.size());
  plan.steps.reserve(graph.tasks.size());
  for (std::size_t i = 0; i < graph.tasks.size(); ++i) {
    const GraphTask& task = graph.tasks[i];
    const bool thread = task.leader != static_cast<int>(i);
    const int creator = thread ? task.leader : task.parent;
    Step step{.kind = StepKind::kCreate,
              .actor = creator,
              .target = static_cast<int>(i),
              .thread = thread};
    int inherited = kOutsideSession;
    if (creator != kCoordinator) {
      const auto share = share_from(normal, static_cast<std::size_t>(creator), i, made);
      if (!share) return std::nullopt;
      step.share = *share;
      inherited = normal.session[static_cast<std::size_t>(creator)];
    }
    plan.steps.push_back(step);
    if (thread) continue;
    if (task.session_leader)
      plan.steps.push_back({.kind = StepKind::kSetSid, .actor = static_cast<int>(i)});
    else if (normal.session[i] != inherited)
      return std::nullopt;
  }
  plan.work = static_cast<long>(graph.tasks.size());
  return plan;
}

}  // namespace rb
