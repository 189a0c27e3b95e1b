// Taking tasks off the finished graph, and the plain removals that need no choice.
#pragma once

#include <deque>
#include <vector>

#include "strategies/userspace/planner/fit.h"
#include "strategies/userspace/planner/state.h"

namespace rb {

/// A step of the plan before placements are spelled out; found last to first.
struct Move {
  StepKind kind = StepKind::kCreate;  ///< kCreate, kUnshare, kExec, kSetSid, kExit
  int actor = kCoordinator;
  int target = -1;
  ShareMask share = 0;
  Placement placement = Placement::kDirect;
  int parent = kCoordinator;  ///< kDeep: who shall be the target's parent
};

/// The state with the moves that led to it. Moves and state are undone together.
class Reducer {
 public:
  Reducer(const SharingGraph& graph, const NormalGraph& normal, const PlannerMeans& means);

  /// A point to come back to.
  struct Mark {
    std::size_t trail = 0;
    std::size_t moves = 0;
  };
  [[nodiscard]] Mark mark() const { return {state_.mark(), moves_.size()}; }
  void undo_to(Mark mark);

  /// Takes task off as created by creator; the fit must be that of now.
  void create(int task, int creator, const Fit& fit);
  /// Lets task have called execve(2) last.
  void exec(int task);
  /// Adds a throw-away process below parent; returns it.
  int add_throwaway(int parent);

  /// Takes off whatever some creator holds every object of already, with no
  /// unshare, exec or throw-away: parents' groups first, siblings' after.
  void settle();
  /// The last task is left, and the coordinator can have created it: does so.
  [[nodiscard]] bool finish();

  [[nodiscard]] const ReverseState& state() const { return state_; }
  [[nodiscard]] const PlannerMeans& means() const { return means_; }
  [[nodiscard]] const std::vector<Move>& moves() const { return moves_; }
  /// fit() with its cost counted.
  [[nodiscard]] Fit weigh(int task, int creator, bool allow_deep) {
    ++work_;
    return fit(state_, means_, task, creator, allow_deep);
  }
  [[nodiscard]] long work() const { return work_; }
  /// Prepares for settle() to look at every task, and at each that changes
  /// from now on; or for none to be looked at.
  void start_settling();
  void stop_settling() { settling_ = false; }

 private:
  struct Found {
    int creator = -1;
    Fit fit;
  };
  void look_again(int task);
  void look_at_users(int cls, int object);
  /// After creator took to an object: those of its users that it could create.
  void look_around(int creator, int cls, int object);
  [[nodiscard]] Found plain(int task, int creator, Placement placement);
  [[nodiscard]] Found find_parent(int task);
  [[nodiscard]] Found find_sibling(int task);
  /// The object of task that must be inherited and has the fewest users; -1: none.
  [[nodiscard]] int rarest_class(int task, bool with_session) const;

  ReverseState state_;
  PlannerMeans means_;
  std::vector<Move> moves_;
  std::vector<int> fresh_;    // to be looked at
  std::deque<int> orphaned_;  // no creator in the parent's group; siblings next
  std::vector<char> queued_;
  bool settling_ = false;
  long work_ = 0;
};

}  // namespace rb
