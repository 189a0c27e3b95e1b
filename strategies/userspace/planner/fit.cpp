#include "strategies/userspace/planner/fit.h"

#include <csignal>

namespace rb {
namespace {

constexpr int kMm = static_cast<int>(Shared::kMm);
constexpr int kSighand = static_cast<int>(Shared::kSighand);
constexpr int kFiles = static_cast<int>(Shared::kFiles);
constexpr int kFs = static_cast<int>(Shared::kFs);

constexpr ShareMask bit(int cls) { return share_bit(static_cast<Shared>(cls)); }

bool is_ancestor(const ReverseState& state, int ancestor, int leader) {
  for (int i = state.task(leader).parent; i != kCoordinator; i = state.task(i).parent)
    if (i == ancestor) return true;
  return false;
}

/// files, fs: any task can replace its own in person by unshare(2).
bool fit_unshared(const ReverseState& state, const PlannerMeans& means, int task, int creator,
                  int cls, Fit& result) {
  const int wanted = state.task(task).object[static_cast<std::size_t>(cls)];
  const int held = state.task(creator).object[static_cast<std::size_t>(cls)];
  if (wanted == kWild || wanted == held) {
    result.share |= bit(cls);
    return true;
  }
  if (state.users(cls, wanted) == 1) return true;
  if (held == kWild || (means.unshare && state.users(cls, held) == 1)) {
    result.share |= bit(cls);
    result.commit |= bit(cls);
    return true;
  }
  return false;
}

/// mm and sighand: only execve(2) replaces them (then they are wild), and a
/// sighand is shared only together with the mm.
bool fit_memory(const ReverseState& state, int task, int creator, Fit& result) {
  const StateTask& child = state.task(task);
  const StateTask& parent = state.task(creator);
  if (child.object[kMm] == kWild) {
    result.share |= bit(kMm) | bit(kSighand);
    return true;
  }
  const bool sighand_shared =
      child.object[kSighand] != kWild && state.users(kSighand, child.object[kSighand]) > 1;
  if (child.object[kMm] == parent.object[kMm]) {
    result.share |= bit(kMm);
    if (child.object[kSighand] == kWild || child.object[kSighand] == parent.object[kSighand]) {
      result.share |= bit(kSighand);
      return true;
    }
    if (!sighand_shared) return true;
    if (parent.object[kSighand] != kWild) return false;
    result.share |= bit(kSighand);
    result.commit |= bit(kSighand);
    return true;
  }
  if (state.users(kMm, child.object[kMm]) == 1) return true;
  if (parent.object[kMm] != kWild) return false;
  result.share |= bit(kMm);
  result.commit |= bit(kMm);
  if (child.object[kSighand] == kWild) {
    result.share |= bit(kSighand);
  } else if (sighand_shared) {
    result.share |= bit(kSighand);
    result.commit |= bit(kSighand);
  }
  return true;
}

/// A session is inherited by every child; only setsid(2) in person makes one.
bool fit_session(const ReverseState& state, int task, int creator, Fit& result) {
  const StateTask& child = state.task(task);
  const int wanted = child.object[kSessionClass];
  if (wanted == kWild || wanted == state.session(creator)) return true;
  if (wanted == child.own_session && state.users(kSessionClass, wanted) == 1) return true;
  const int held = state.session(creator);
  const StateTask& group = state.task(state.task(creator).leader);
  if (held != kWild && (held != group.own_session || state.users(kSessionClass, held) > 1))
    return false;
  result.commits_session = true;
  return true;
}

}  // namespace

Fit place(const ReverseState& state, const PlannerMeans& means, int task, int creator,
          bool allow_deep) {
  Fit result;
  const StateTask& child = state.task(task);
  const StateTask& by = state.task(creator);
  if (task == creator || !by.alive) return result;
  if (!state.is_leader(task)) {
    result.ok = by.leader == child.leader;
    return result;
  }
  if (by.leader == task) return result;
  if (by.leader == child.parent) {
    result.ok = true;
    return result;
  }
  const StateTask& group = state.task(by.leader);
  // CLONE_PARENT: the child gets the exit signal of the creator's group
  // (kernel/fork.c, copy_process).
  if (means.clone_parent && group.parent == child.parent &&
      group.exit_signal == child.exit_signal) {
    result.ok = true;
    result.placement = Placement::kSibling;
    return result;
  }
  // Re-parenting sets SIGCHLD (kernel/exit.c, reparent_leader).
  if (!allow_deep || child.exit_signal != SIGCHLD || child.parent == kCoordinator) return result;
  if (!is_ancestor(state, child.parent, by.leader)) return result;
  result.ok = true;
  result.placement = Placement::kDeep;
  return result;
}

Fit fit(const ReverseState& state, const PlannerMeans& means, int task, int creator,
        bool allow_deep) {
  Fit result = place(state, means, task, creator, allow_deep);
  if (!result.ok) return result;
  result.ok = fit_unshared(state, means, task, creator, kFiles, result) &&
              fit_unshared(state, means, task, creator, kFs, result) &&
              fit_memory(state, task, creator, result) &&
              (!state.is_leader(task) || fit_session(state, task, creator, result));
  return result;
}

bool can_have_execed(const ReverseState& state, int task) {
  const StateTask& candidate = state.task(task);
  return !candidate.throwaway && state.is_leader(task) && state.thread_count(task) == 0 &&
         candidate.exit_signal == SIGCHLD && candidate.object[kMm] != kWild &&
         state.alone(task, kMm) && state.alone(task, kFiles);
}

int blocking_class(const ReverseState& state, const PlannerMeans& means, int task) {
  const StateTask& child = state.task(task);
  const int creator = state.is_leader(task) ? child.parent : child.leader;
  Fit scratch;
  if (creator == kCoordinator) return kSharedCount;
  if (!fit_memory(state, task, creator, scratch))
    return child.object[kMm] == state.task(creator).object[kMm] ? kSighand : kMm;
  if (!fit_unshared(state, means, task, creator, kFiles, scratch)) return kFiles;
  if (!fit_unshared(state, means, task, creator, kFs, scratch)) return kFs;
  return kSharedCount;
}

}  // namespace rb
