#include <algorithm>

#include "strategies/userspace/planner/expand.h"

namespace rb {
namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

/// Who uses what while a plan runs, as far as pruning needs it.
class Users {
 public:
  explicit Users(int tasks) : held_(at(tasks)) {}

  void create(const Step& step) {
    for (std::size_t cls = 0; cls < kSharedCount; ++cls) {
      int& mine = held_[at(step.target)][cls];
      if ((step.share & share_bit(static_cast<Shared>(cls))) != 0) {
        mine = held_[at(step.actor)][cls];
        ++users_[at(mine)];
      } else {
        mine = fresh();
      }
    }
  }
  [[nodiscard]] bool alone(int task, Shared shared) const {
    return users_[at(held_[at(task)][static_cast<std::size_t>(shared)])] == 1;
  }
  void replace(int task, Shared shared) {
    int& mine = held_[at(task)][static_cast<std::size_t>(shared)];
    --users_[at(mine)];
    mine = fresh();
  }
  void exit(int task) {
    for (const int object : held_[at(task)]) --users_[at(object)];
  }

 private:
  int fresh() {
    users_.push_back(1);
    return static_cast<int>(users_.size()) - 1;
  }
  std::vector<std::array<int, kSharedCount>> held_;
  std::vector<int> users_;
};

/// False when the step changes nothing; trims an unshare to what it changes.
bool is_needed(Users& users, Step& step) {
  if (step.kind == StepKind::kUnshare) {
    for (const Shared shared : {Shared::kFiles, Shared::kFs}) {
      if ((step.share & share_bit(shared)) == 0) continue;
      if (users.alone(step.actor, shared))
        step.share = static_cast<ShareMask>(step.share & ~share_bit(shared));
      else
        users.replace(step.actor, shared);
    }
    return step.share != 0;
  }
  bool needed = false;
  for (const Shared shared : {Shared::kMm, Shared::kSighand, Shared::kFiles})
    needed = needed || !users.alone(step.actor, shared);
  if (!needed) return false;
  for (const Shared shared : {Shared::kMm, Shared::kSighand, Shared::kFiles})
    if (!users.alone(step.actor, shared)) users.replace(step.actor, shared);
  return true;
}

}  // namespace

void prune(const SharingGraph& graph, Plan& plan) {
  const bool anything = std::any_of(plan.steps.begin(), plan.steps.end(), [](const Step& step) {
    return step.kind == StepKind::kUnshare || step.kind == StepKind::kExec;
  });
  if (!anything) return;
  RB_ASSERT(plan.task_count >= static_cast<int>(graph.tasks.size()));
  Users users(plan.task_count);
  std::vector<Step> kept;
  kept.reserve(plan.steps.size());
  for (Step& step : plan.steps) {
    if (step.kind == StepKind::kCreate) {
      users.create(step);
    } else if (step.kind == StepKind::kExit) {
      users.exit(step.actor);
    } else if (step.kind == StepKind::kUnshare || step.kind == StepKind::kExec) {
      if (!is_needed(users, step)) continue;
    }
    kept.push_back(step);
  }
  plan.steps = std::move(kept);
}

}  // namespace rb
