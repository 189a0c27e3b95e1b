#include "strategies/userspace/planner/candidates.h"

#include <algorithm>
#include <bit>

namespace rb {
namespace {

constexpr int kMm = static_cast<int>(Shared::kMm);
// Prices only order the choices: an unshare is dearer than a CLONE_PARENT, an
// exec (0.4 ms) dearer than any number of them, a throw-away task dearest.
constexpr int kSiblingPrice = 1;
constexpr int kCommitPrice = 2;
constexpr int kExecPrice = 20;
constexpr int kHelperPrice = 100;
constexpr int kThrowawayPrice = 200;
/// Leaves weighed before the quick choice settles for a dearer one.
constexpr int kQuickLeaves = 64;

int commit_price(const Fit& fit) {
  return kCommitPrice * (std::popcount(fit.commit) + (fit.commits_session ? 1 : 0));
}

/// A throw-away creator can hand its children over by its own exit, but to one
/// ancestor only; any other creator needs a helper that exits.
int helpers_needed(const ReverseState& state, int creator, int task) {
  const StateTask& by = state.task(creator);
  if (!by.throwaway) return 1;
  return by.moves_children == kWild || by.moves_children == state.task(task).parent ? 0 : 1;
}

class Collector {
 public:
  Collector(Reducer& reducer, int throwaways)
      : reducer_(reducer), state_(reducer.state()), throwaways_(throwaways) {
    for (int i = state_.first_alive(); i >= 0; i = state_.next_alive(i))
      deep_ = deep_ || state_.task(i).throwaway;
    deep_ = deep_ || throwaways_ > 0;
  }

  void creators_of(int task) {
    if (deep_) {
      for (int i = state_.first_alive(); i >= 0; i = state_.next_alive(i)) consider(task, i);
      return;
    }
    const StateTask& child = state_.task(task);
    if (!state_.is_leader(task)) return group(task, child.leader);
    if (child.parent == kCoordinator) return;
    group(task, child.parent);
    for (int i = state_.first_child(child.parent); i >= 0; i = state_.next_child(i)) group(task, i);
  }

  void exec_of(int task) {
    if (!can_have_execed(state_, task)) return;
    for (int i = state_.first_alive(); i >= 0; i = state_.next_alive(i)) {
      const int mm = state_.task(i).object[kMm];
      if (i == task || mm == kWild || mm == state_.task(task).object[kMm]) continue;
      if (!state_.is_leader(i) || !state_.is_leaf(i) || state_.users(kMm, mm) == 1) continue;
      if (!place(state_, reducer_.means(), i, task, true).ok) continue;
      found.push_back(
          {.kind = Candidate::Kind::kExec, .task = task, .fit = {}, .price = kExecPrice});
      return;
    }
  }

  void throwaway_for(int task) {
    if (throwaways_ == 0 || !state_.is_leader(task) || state_.task(task).throwaway) return;
    if (state_.task(task).parent == kCoordinator) return;
    found.push_back({.kind = Candidate::Kind::kThrowaway,
                     .task = task,
                     .fit = {},
                     .helpers = 1,
                     .price = kThrowawayPrice});
  }

  std::vector<Candidate> found;

 private:
  void group(int task, int leader) {
    consider(task, leader);
    for (int i = state_.first_thread(leader); i >= 0; i = state_.next_thread(i)) consider(task, i);
  }

  void consider(int task, int creator) {
    const Fit fit = reducer_.weigh(task, creator, deep_);
    if (!fit.ok) return;
    Candidate candidate{.task = task, .creator = creator, .fit = fit, .price = commit_price(fit)};
    if (fit.placement == Placement::kSibling) candidate.price += kSiblingPrice;
    if (fit.placement == Placement::kDeep) {
      candidate.helpers = helpers_needed(state_, creator, task);
      candidate.price += kHelperPrice;
      if (candidate.helpers > throwaways_) return;
    }
    found.push_back(candidate);
  }

  Reducer& reducer_;
  const ReverseState& state_;
  int throwaways_;
  bool deep_ = false;
};

}  // namespace

std::optional<Candidate> quick_candidate(Reducer& reducer) {
  const ReverseState& state = reducer.state();
  std::optional<Candidate> best;
  int seen = 0;
  for (int i = state.first_alive(); i >= 0; i = state.next_alive(i)) {
    if (!state.is_leaf(i)) continue;
    const StateTask& task = state.task(i);
    const int creator = task.leader == i ? task.parent : task.leader;
    if (creator == kCoordinator) continue;
    const Fit fit = reducer.weigh(i, creator, false);
    if (fit.ok && (!best || commit_price(fit) < best->price))
      best = Candidate{.task = i, .creator = creator, .fit = fit, .price = commit_price(fit)};
    if (best && (best->price <= kCommitPrice || ++seen >= kQuickLeaves)) return best;
  }
  return best;
}

std::vector<Candidate> all_candidates(Reducer& reducer, int throwaways, bool exec) {
  const ReverseState& state = reducer.state();
  Collector collector(reducer, throwaways);
  for (int i = state.first_alive(); i >= 0; i = state.next_alive(i)) {
    if (state.is_leaf(i)) {
      collector.creators_of(i);
      collector.throwaway_for(i);
    }
    if (exec) collector.exec_of(i);
  }
  std::stable_sort(collector.found.begin(), collector.found.end(),
                   [](const Candidate& a, const Candidate& b) { return a.price < b.price; });
  return std::move(collector.found);
}

}  // namespace rb
