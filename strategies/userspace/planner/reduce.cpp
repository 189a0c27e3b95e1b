#include "strategies/userspace/planner/reduce.h"

namespace rb {
namespace {
constexpr std::array<Shared, kSharedCount> kAllShared = {Shared::kMm, Shared::kSighand,
                                                         Shared::kFiles, Shared::kFs};
constexpr ShareMask kUnshareable = share_bit(Shared::kFiles) | share_bit(Shared::kFs);
}  // namespace

Reducer::Reducer(const SharingGraph& graph, const NormalGraph& normal, const PlannerMeans& means)
    : state_(graph, normal), means_(means) {
  moves_.reserve(graph.tasks.size() + 8);
}

void Reducer::undo_to(Mark mark) {
  state_.undo_to(mark.trail);
  moves_.resize(mark.moves);
  RB_ASSERT(fresh_.empty() && orphaned_.empty());
}

void Reducer::look_again(int task) {
  if (!settling_ || task < 0 || !state_.task(task).alive || !state_.is_leaf(task)) return;
  if (queued_.size() < static_cast<std::size_t>(state_.size()))
    queued_.resize(static_cast<std::size_t>(state_.size()), 0);
  char& queued = queued_[static_cast<std::size_t>(task)];
  if (queued != 0) return;
  queued = 1;
  fresh_.push_back(task);
}

void Reducer::look_at_users(int cls, int object) {
  if (object == kWild) return;
  for (int i = state_.first_user(cls, object); i >= 0; i = state_.next_user(cls, i)) look_again(i);
}

void Reducer::start_settling() {
  settling_ = true;
  for (int i = 0; i < state_.size(); ++i) look_again(i);
}

void Reducer::create(int task, int creator, const Fit& fit) {
  const StateTask child = state_.task(task);
  const StateTask by = state_.task(creator);
  ShareMask unshare = 0;
  for (const Shared shared : kAllShared) {
    if ((fit.commit & share_bit(shared)) == 0) continue;
    const int cls = static_cast<int>(shared);
    const int object = child.object[static_cast<std::size_t>(cls)];
    if (by.object[static_cast<std::size_t>(cls)] != kWild) unshare |= share_bit(shared);
    state_.change(creator, cls, object);
  }
  RB_ASSERT((unshare & ~kUnshareable) == 0);
  if (unshare != 0)
    moves_.push_back({.kind = StepKind::kUnshare, .actor = creator, .share = unshare});
  const int session = child.object[kSessionClass];
  if (fit.commits_session) {
    if (state_.session(creator) != kWild)
      moves_.push_back({.kind = StepKind::kSetSid, .actor = by.leader});
    state_.change(by.leader, kSessionClass, session);
  }
  if (child.own_session != kWild && session == child.own_session)
    moves_.push_back({.kind = StepKind::kSetSid, .actor = task});
  moves_.push_back({.kind = StepKind::kCreate,
                    .actor = creator,
                    .target = task,
                    .share = fit.share,
                    .placement = fit.placement,
                    .parent = child.parent});
  if (fit.placement == Placement::kDeep && by.throwaway && by.moves_children == kWild)
    state_.set_moves_children(creator, child.parent);
  state_.remove(task);

  for (const Shared shared : kAllShared) {
    const int cls = static_cast<int>(shared);
    const int object = child.object[static_cast<std::size_t>(cls)];
    const bool committed = (fit.commit & share_bit(shared)) != 0;
    if (object != kWild && (committed || state_.users(cls, object) == 1))
      look_at_users(cls, object);
  }
  if (session != kWild && (fit.commits_session || state_.users(kSessionClass, session) == 1))
    look_at_users(kSessionClass, session);
  look_again(child.leader == task ? child.parent : child.leader);
  look_again(creator);
}

void Reducer::exec(int task) {
  moves_.push_back({.kind = StepKind::kExec, .actor = task});
  for (const Shared shared : {Shared::kMm, Shared::kSighand, Shared::kFiles})
    state_.change(task, static_cast<int>(shared), kWild);
  look_again(task);
}

int Reducer::add_throwaway(int parent) {
  const int added = state_.add_throwaway(parent);
  moves_.push_back({.kind = StepKind::kExit, .actor = added});
  return added;
}

Reducer::Found Reducer::plain(int task, int creator, Placement placement) {
  const Fit fit = weigh(task, creator, false);
  if (fit.ok && !fit.commits() && fit.placement == placement) return {creator, fit};
  return {};
}

int Reducer::rarest_class(int task, bool with_session) const {
  int rarest = -1;
  int fewest = 0;
  const int classes = with_session ? kClassCount : static_cast<int>(kSharedCount);
  for (int cls = 0; cls < classes; ++cls) {
    const int object = state_.task(task).object[static_cast<std::size_t>(cls)];
    if (object == kWild || state_.users(cls, object) == 1) continue;
    if (rarest >= 0 && state_.users(cls, object) >= fewest) continue;
    rarest = cls;
    fewest = state_.users(cls, object);
  }
  return rarest;
}

Reducer::Found Reducer::find_parent(int task) {
  const StateTask& child = state_.task(task);
  const int group = state_.is_leader(task) ? child.parent : child.leader;
  if (group == kCoordinator) return {};
  if (Found found = plain(task, group, Placement::kDirect); found.creator >= 0) return found;
  const int cls = rarest_class(task, false);
  if (cls < 0) return {};
  const int object = child.object[static_cast<std::size_t>(cls)];
  if (state_.users(cls, object) <= state_.thread_count(group)) {
    for (int i = state_.first_user(cls, object); i >= 0; i = state_.next_user(cls, i))
      if (Found found = plain(task, i, Placement::kDirect); found.creator >= 0) return found;
    return {};
  }
  for (int i = state_.first_thread(group); i >= 0; i = state_.next_thread(i))
    if (Found found = plain(task, i, Placement::kDirect); found.creator >= 0) return found;
  return {};
}

Reducer::Found Reducer::find_sibling(int task) {
  const StateTask& child = state_.task(task);
  if (!state_.is_leader(task) || child.parent == kCoordinator || !means_.clone_parent) return {};
  const int cls = rarest_class(task, true);
  if (cls < 0) return {};
  const int object = child.object[static_cast<std::size_t>(cls)];
  auto try_group = [&](int leader) {
    Found found = plain(task, leader, Placement::kSibling);
    for (int i = state_.first_thread(leader); found.creator < 0 && i >= 0;
         i = state_.next_thread(i))
      found = plain(task, i, Placement::kSibling);
    return found;
  };
  if (state_.users(cls, object) < state_.child_count(child.parent)) {
    for (int i = state_.first_user(cls, object); i >= 0; i = state_.next_user(cls, i)) {
      if (state_.task(state_.task(i).leader).parent != child.parent) continue;
      Found found = cls == kSessionClass ? try_group(i) : plain(task, i, Placement::kSibling);
      if (found.creator >= 0) return found;
    }
    return {};
  }
  for (int i = state_.first_child(child.parent); i >= 0; i = state_.next_child(i))
    if (Found found = try_group(i); found.creator >= 0) return found;
  return {};
}

void Reducer::settle() {
  while (!fresh_.empty() || !orphaned_.empty()) {
    const bool siblings = fresh_.empty();
    std::vector<int>& queue = siblings ? orphaned_ : fresh_;
    const int task = queue.back();
    queue.pop_back();
    if (!siblings) queued_[static_cast<std::size_t>(task)] = 0;
    if (!state_.task(task).alive || !state_.is_leaf(task)) continue;
    const Found found = siblings ? find_sibling(task) : find_parent(task);
    if (found.creator >= 0)
      create(task, found.creator, found.fit);
    else if (!siblings)
      orphaned_.push_back(task);
  }
}

bool Reducer::finish() {
  if (state_.alive() != 1 || !state_.task(0).alive) return false;
  const StateTask& root = state_.task(0);
  const int session = root.object[kSessionClass];
  if (session != kWild && session == root.own_session && state_.users(kSessionClass, session) == 1)
    moves_.push_back({.kind = StepKind::kSetSid, .actor = 0});
  else if (session != kWild && session != kOutsideSession)
    return false;
  moves_.push_back({.kind = StepKind::kCreate, .actor = kCoordinator, .target = 0});
  return true;
}

}  // namespace rb
