// The tree that is still to be taken apart, while a plan is sought backwards.
#pragma once

#include <array>
#include <vector>

#include "strategies/userspace/planner/chains.h"
#include "strategies/userspace/planner/normal.h"
#include "strategies/userspace/planner/plan.h"

namespace rb {

/// What a task holds: the four shared objects, and its group's session, which
/// is inherited like them but never fresh. Only leaders hold the session.
inline constexpr int kSessionClass = kSharedCount;
inline constexpr int kClassCount = kSharedCount + 1;

/// An object that may be whichever one is convenient: the task makes its own
/// later in person, or it does not matter (a throw-away task's).
inline constexpr int kWild = -1;

/// A task of the state.
struct StateTask {
  int leader = 0;
  int parent = kCoordinator;
  std::array<int, kClassCount> object{};
  int exit_signal = 17;
  int own_session = kWild;     ///< the session that it founds, or kWild
  int moves_children = kWild;  ///< throw-away: who adopts its children when it exits
  bool throwaway = false;
  bool alive = true;
};

/// The state of the reverse search: tasks alive, who uses which object, who is
/// a child or a thread of whom. Every change is recorded and can be undone.
class ReverseState {
 public:
  ReverseState(const SharingGraph& graph, const NormalGraph& normal);

  [[nodiscard]] const StateTask& task(int index) const {
    return tasks_[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] int size() const { return static_cast<int>(tasks_.size()); }
  [[nodiscard]] bool is_leader(int index) const { return task(index).leader == index; }
  /// The session of the task's group.
  [[nodiscard]] int session(int index) const {
    return task(task(index).leader).object[kSessionClass];
  }
  /// How many live tasks use an object (how many groups, for sessions; the
  /// coordinator counts as one of its own session).
  [[nodiscard]] int users(int cls, int object) const {
    return users_[static_cast<std::size_t>(cls)].count(object);
  }
  [[nodiscard]] bool alone(int index, int cls) const {
    const int object = task(index).object[static_cast<std::size_t>(cls)];
    return object == kWild || users(cls, object) == 1;
  }
  /// No child and, for a leader, no other thread.
  [[nodiscard]] bool is_leaf(int index) const {
    return !is_leader(index) || (threads_.count(index) == 0 && children_.count(index + 1) == 0);
  }
  [[nodiscard]] int alive() const { return alive_.count(0); }

  /// Lists, for: (int i = first…(); i >= 0; i = next…(i)).
  [[nodiscard]] int first_user(int cls, int object) const {
    return users_[static_cast<std::size_t>(cls)].first(object);
  }
  [[nodiscard]] int next_user(int cls, int index) const {
    return users_[static_cast<std::size_t>(cls)].next(index);
  }
  [[nodiscard]] int first_child(int parent) const { return children_.first(parent + 1); }
  [[nodiscard]] int next_child(int index) const { return children_.next(index); }
  [[nodiscard]] int child_count(int parent) const { return children_.count(parent + 1); }
  [[nodiscard]] int first_thread(int leader) const { return threads_.first(leader); }
  [[nodiscard]] int next_thread(int index) const { return threads_.next(index); }
  [[nodiscard]] int thread_count(int leader) const { return threads_.count(leader); }
  /// Live tasks, throw-away tasks first, then by descending index.
  [[nodiscard]] int first_alive() const { return alive_.first(0); }
  [[nodiscard]] int next_alive(int index) const { return alive_.next(index); }

  /// Takes a leaf off.
  void remove(int index);
  /// Lets a task hold another object (or kWild); sessions: of a leader.
  void change(int index, int cls, int object);
  /// Adds a throw-away process below parent whose objects are all wild.
  int add_throwaway(int parent);
  void set_moves_children(int index, int adopter);

  [[nodiscard]] std::size_t mark() const { return trail_.size(); }
  void undo_to(std::size_t mark);

 private:
  enum class Change { kRemove, kObject, kThrowaway, kAdopter };
  struct Record {
    Change change;
    int cls;
    int index;
    int old;
    int before;
    int after;
  };
  void undo(const Record& record);

  std::vector<StateTask> tasks_;
  std::vector<Chains> users_;  // by class
  Chains children_;            // by parent + 1
  Chains threads_;             // by leader; without the leader
  Chains alive_;               // one list
  std::vector<Record> trail_;
};

}  // namespace rb
