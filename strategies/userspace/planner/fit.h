// Who can have created whom: the kernel's rules for clone(2), read backwards.
#pragma once

#include "strategies/userspace/planner/state.h"

namespace rb {

/// How a child gets its parent.
enum class Placement {
  kDirect,   ///< the creator's group is its parent's, or a thread its own
  kSibling,  ///< CLONE_PARENT: the creator's parent is its parent
  kDeep,     ///< an ancestor of the creator: through a throw-away task and a subreaper
};

/// Whether and how a creator fits a task.
struct Fit {
  bool ok = false;
  Placement placement = Placement::kDirect;
  ShareMask share = 0;           ///< what the task shares with the creator at birth
  ShareMask commit = 0;          ///< objects that the creator must hold then and replace later
  bool commits_session = false;  ///< the creator's group must still be in the task's session
  [[nodiscard]] bool commits() const { return commit != 0 || commits_session; }
};

/// Where creator stands relative to the task, if there it could create it at
/// all. Walks up from the creator only when allow_deep is set.
[[nodiscard]] Fit place(const ReverseState& state, const PlannerMeans& means, int task, int creator,
                        bool allow_deep);

/// The whole rule: placement, exit signal, session and the four objects.
[[nodiscard]] Fit fit(const ReverseState& state, const PlannerMeans& means, int task, int creator,
                      bool allow_deep);

/// Whether the task can have called execve(2): alone in its group, the only
/// user of its mm and its files.
[[nodiscard]] bool can_have_execed(const ReverseState& state, int task);

/// The class of object that keeps even the best placed creator (the parent's
/// or the own leader) from making task; kSharedCount when it is the session or
/// the exit signal.
[[nodiscard]] int blocking_class(const ReverseState& state, const PlannerMeans& means, int task);

}  // namespace rb
