#include "strategies/userspace/planner/state.h"

namespace rb {

ReverseState::ReverseState(const SharingGraph& graph, const NormalGraph& normal)
    : children_(static_cast<int>(graph.tasks.size()) + 1, static_cast<int>(graph.tasks.size())),
      threads_(static_cast<int>(graph.tasks.size()), static_cast<int>(graph.tasks.size())),
      alive_(1, static_cast<int>(graph.tasks.size())) {
  const int count = static_cast<int>(graph.tasks.size());
  tasks_.reserve(graph.tasks.size() + 8);
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const GraphTask& from = graph.tasks[at];
    StateTask task{.leader = from.leader,
                   .parent = graph.tasks[static_cast<std::size_t>(from.leader)].parent,
                   .exit_signal = from.exit_signal};
    for (std::size_t cls = 0; cls < kSharedCount; ++cls) task.object[cls] = normal.object[at][cls];
    task.object[kSessionClass] = from.leader == i ? normal.session[at] : kWild;
    if (from.leader == i && from.session_leader) task.own_session = normal.session[at];
    tasks_.push_back(task);
  }
  for (std::size_t cls = 0; cls < kSharedCount; ++cls)
    users_.emplace_back(normal.object_count[cls], count);
  users_.emplace_back(normal.session_count, count);
  // Backwards, so that lists run by ascending index and the same low task is
  // found as creator again and again: long runs of creates by one actor.
  for (int i = count - 1; i >= 0; --i) {
    const StateTask& task = tasks_[static_cast<std::size_t>(i)];
    for (std::size_t cls = 0; cls < kClassCount; ++cls)
      if (task.object[cls] != kWild) users_[cls].push_front(task.object[cls], i);
    if (task.leader == i)
      children_.push_front(task.parent + 1, i);
    else
      threads_.push_front(task.leader, i);
  }
  for (int i = 0; i < count; ++i) alive_.push_front(0, i);
}

void ReverseState::remove(int index) {
  StateTask& task = tasks_[static_cast<std::size_t>(index)];
  for (std::size_t cls = 0; cls < kClassCount; ++cls)
    if (task.object[cls] != kWild) users_[cls].take_out(task.object[cls], index);
  if (task.leader == index)
    children_.take_out(task.parent + 1, index);
  else
    threads_.take_out(task.leader, index);
  alive_.take_out(0, index);
  task.alive = false;
  trail_.push_back({Change::kRemove, 0, index, 0, 0, 0});
}

void ReverseState::change(int index, int cls, int object) {
  Chains& chains = users_[static_cast<std::size_t>(cls)];
  int& mine = tasks_[static_cast<std::size_t>(index)].object[static_cast<std::size_t>(cls)];
  trail_.push_back({Change::kObject, cls, index, mine, chains.previous(index), chains.next(index)});
  if (mine != kWild) chains.take_out(mine, index);
  if (object != kWild) chains.push_front(object, index);
  mine = object;
}

int ReverseState::add_throwaway(int parent) {
  const int index = size();
  StateTask task{.leader = index, .parent = parent, .throwaway = true};
  task.object.fill(kWild);
  tasks_.push_back(task);
  for (Chains& chains : users_) chains.add_item();
  children_.add_item();
  children_.add_list();
  threads_.add_item();
  threads_.add_list();
  alive_.add_item();
  children_.push_front(parent + 1, index);
  alive_.push_front(0, index);
  trail_.push_back({Change::kThrowaway, 0, index, 0, 0, 0});
  return index;
}

void ReverseState::set_moves_children(int index, int adopter) {
  int& mine = tasks_[static_cast<std::size_t>(index)].moves_children;
  trail_.push_back({Change::kAdopter, 0, index, mine, 0, 0});
  mine = adopter;
}

void ReverseState::undo_to(std::size_t mark) {
  while (trail_.size() > mark) {
    undo(trail_.back());
    trail_.pop_back();
  }
}

void ReverseState::undo(const Record& record) {
  const int index = record.index;
  StateTask& task = tasks_[static_cast<std::size_t>(index)];
  switch (record.change) {
    case Change::kRemove: {
      task.alive = true;
      alive_.relink(0, index, alive_.previous(index), alive_.next(index));
      Chains& kin = task.leader == index ? children_ : threads_;
      kin.relink(task.leader == index ? task.parent + 1 : task.leader, index, kin.previous(index),
                 kin.next(index));
      for (std::size_t cls = kClassCount; cls-- > 0;)
        if (task.object[cls] != kWild)
          users_[cls].relink(task.object[cls], index, users_[cls].previous(index),
                             users_[cls].next(index));
      return;
    }
    case Change::kObject: {
      const auto cls = static_cast<std::size_t>(record.cls);
      if (task.object[cls] != kWild) users_[cls].take_out(task.object[cls], index);
      task.object[cls] = record.old;
      if (record.old != kWild) users_[cls].relink(record.old, index, record.before, record.after);
      return;
    }
    case Change::kThrowaway:
      children_.take_out(task.parent + 1, index);
      alive_.take_out(0, index);
      for (Chains& chains : users_) chains.drop_item();
      children_.drop_item();
      children_.drop_list();
      threads_.drop_item();
      threads_.drop_list();
      alive_.drop_item();
      tasks_.pop_back();
      return;
    case Change::kAdopter:
      task.moves_children = record.old;
      return;
  }
}

}  // namespace rb
