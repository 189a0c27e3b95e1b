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

/// Files tables that every user leaves, the last by an exec, which copies what is shared
/// in any case: one of the others that leave it can keep it instead, without a call.
class LeftByExec {
 public:
  explicit LeftByExec(const Plan& plan)
      : held_(at(plan.task_count), kNone), left_(plan.steps.size(), kNone) {
    for (std::size_t i = 0; i < plan.steps.size(); ++i) follow(plan.steps[i], static_cast<int>(i));
  }

  /// Whether the actor may keep the table that it leaves at this step: the first that
  /// asks may.
  [[nodiscard]] bool keep(std::size_t step) {
    if (left_[step] == kNone) return false;
    Table& table = tables_[at(left_[step])];
    if (table.users > 0 || !table.last_execs) return false;
    table.users = 1;
    return true;
  }

 private:
  static constexpr int kNone = -1;
  struct Table {
    int users = 1;
    bool last_execs = false;  // its last user left it by an exec
  };

  void follow(const Step& step, int index) {
    const bool files = (step.share & share_bit(Shared::kFiles)) != 0;
    if (step.kind == StepKind::kCreate && files) {
      held_[at(step.target)] = held_[at(step.actor)];
      ++tables_[at(held_[at(step.target)])].users;
    } else if (step.kind == StepKind::kCreate) {
      own(step.target);
    } else if (step.kind == StepKind::kExec || (step.kind == StepKind::kUnshare && files)) {
      leave(step, index);
      own(step.actor);
    } else if (step.kind == StepKind::kExit) {
      leave(step, index);
    }
  }
  void leave(const Step& step, int index) {
    left_[at(index)] = held_[at(step.actor)];
    Table& table = tables_[at(left_[at(index)])];
    --table.users;
    table.last_execs = step.kind == StepKind::kExec;
  }
  void own(int task) {
    held_[at(task)] = static_cast<int>(tables_.size());
    tables_.emplace_back();
  }

  std::vector<int> held_;  // by task
  std::vector<int> left_;  // by step
  std::vector<Table> tables_;
};

/// False when the step changes nothing. Trims an unshare to what it changes, and
/// makes an exec that is needed for files only an unshare.
bool is_needed(Users& users, LeftByExec& tables, std::size_t index, Step& step) {
  if (step.kind == StepKind::kUnshare) {
    for (const Shared shared : {Shared::kFiles, Shared::kFs}) {
      if ((step.share & share_bit(shared)) == 0) continue;
      if (users.alone(step.actor, shared) || (shared == Shared::kFiles && tables.keep(index)))
        step.share = static_cast<ShareMask>(step.share & ~share_bit(shared));
      else
        users.replace(step.actor, shared);
    }
    return step.share != 0;
  }
  if (users.alone(step.actor, Shared::kMm) && users.alone(step.actor, Shared::kSighand)) {
    step = {.kind = StepKind::kUnshare, .actor = step.actor, .share = share_bit(Shared::kFiles)};
    return is_needed(users, tables, index, step);
  }
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
  LeftByExec tables(plan);
  std::vector<Step> kept;
  kept.reserve(plan.steps.size());
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    Step& step = plan.steps[i];
    if (step.kind == StepKind::kCreate) {
      users.create(step);
    } else if (step.kind == StepKind::kExit) {
      users.exit(step.actor);
    } else if (step.kind == StepKind::kUnshare || step.kind == StepKind::kExec) {
      if (!is_needed(users, tables, i, step)) continue;
    }
    kept.push_back(step);
  }
  plan.steps = std::move(kept);
}

}  // namespace rb
