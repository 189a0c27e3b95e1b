#include "strategies/userspace/planner/expand.h"

namespace rb {
namespace {

constexpr ShareMask kEverything = (1u << kSharedCount) - 1;

std::size_t at(int index) { return static_cast<std::size_t>(index); }

class Expander {
 public:
  Expander(const SharingGraph& graph, const std::vector<Move>& moves)
      : graph_(graph), moves_(moves), next_helper_(static_cast<int>(graph.tasks.size())) {
    for (const Move& move : moves)
      if (move.kind == StepKind::kExit) next_helper_ = std::max(next_helper_, move.actor + 1);
    real_parent_.assign(at(next_helper_), kCoordinator);
    adopter_.assign(at(next_helper_), kNobody);
  }

  Plan run() {
    // A throw-away creator's own exit moves its first deep child's parent up.
    for (const Move& move : moves_)
      if (is_deep(move) && is_throwaway(move.actor) && adopter_[at(move.actor)] == kNobody)
        adopter_[at(move.actor)] = move.parent;
    plan_.steps.reserve(moves_.size());
    for (auto move = moves_.rbegin(); move != moves_.rend(); ++move) expand_one(*move);
    plan_.task_count = next_helper_;
    plan_.throwaways = next_helper_ - static_cast<int>(graph_.tasks.size());
    return std::move(plan_);
  }

 private:
  static constexpr int kNobody = -2;

  [[nodiscard]] bool is_throwaway(int task) const {
    return task >= static_cast<int>(graph_.tasks.size());
  }
  static bool is_deep(const Move& move) {
    return move.kind == StepKind::kCreate && move.placement == Placement::kDeep;
  }
  [[nodiscard]] int leader(int task) const {
    return task == kCoordinator || is_throwaway(task) ? task : graph_.tasks[at(task)].leader;
  }

  void expand_one(const Move& move) {
    switch (move.kind) {
      case StepKind::kCreate:
        if (is_deep(move) && !(is_throwaway(move.actor) && adopter_[at(move.actor)] == move.parent))
          create_through_helper(move);
        else
          create(move.actor, move.target, move.share, move.placement == Placement::kSibling);
        return;
      case StepKind::kExit:
        retire(move.actor, adopter_[at(move.actor)]);
        return;
      default:
        plan_.steps.push_back({.kind = move.kind, .actor = move.actor, .share = move.share});
        return;
    }
  }

  void create(int creator, int target, ShareMask share, bool sibling) {
    const bool thread = !is_throwaway(target) && graph_.tasks[at(target)].leader != target;
    plan_.steps.push_back({.kind = StepKind::kCreate,
                           .actor = creator,
                           .target = target,
                           .share = share,
                           .thread = thread,
                           .sibling = sibling});
    const int group = leader(creator);
    if (!thread) real_parent_[at(target)] = sibling ? real_parent_[at(group)] : group;
  }

  /// A copy of the creator that shares everything makes the target and exits,
  /// so that the target moves up to the subreaper: no object is made in vain.
  void create_through_helper(const Move& move) {
    const int helper = next_helper_++;
    real_parent_.push_back(kCoordinator);
    adopter_.push_back(move.parent);
    create(move.actor, helper, kEverything, false);
    create(helper, move.target, move.share, false);
    retire(helper, move.parent);
  }

  void retire(int task, int adopter) {
    bool orphans = false;
    for (int& parent : real_parent_) {
      if (parent != task) continue;
      parent = adopter;
      orphans = true;
    }
    RB_ASSERT(!orphans || adopter >= 0);
    if (orphans)
      plan_.steps.push_back({.kind = StepKind::kSubreaper, .actor = adopter, .value = true});
    plan_.steps.push_back({.kind = StepKind::kExit, .actor = task});
    plan_.steps.push_back(
        {.kind = StepKind::kReap, .actor = real_parent_[at(task)], .target = task});
    if (orphans)
      plan_.steps.push_back({.kind = StepKind::kSubreaper, .actor = adopter, .value = false});
  }

  const SharingGraph& graph_;
  const std::vector<Move>& moves_;
  int next_helper_;
  std::vector<int> real_parent_;  // leaders and throw-away tasks, at this step
  std::vector<int> adopter_;      // throw-away tasks: who adopts their children
  Plan plan_;
};

/// A group's session is set by its leader while its threads may be creating
/// children: right only step by step. Where setsid(2) comes before any thread
/// of the group exists, the leader's own order suffices.
bool needs_order(const SharingGraph& graph, const Plan& plan) {
  std::vector<char> has_thread(graph.tasks.size(), 0);
  std::vector<char> set_late(graph.tasks.size(), 0);
  for (const Step& step : plan.steps) {
    if (step.kind == StepKind::kSetSid && has_thread[at(step.actor)] != 0)
      set_late[at(step.actor)] = 1;
    if (step.kind == StepKind::kCreate && step.thread)
      has_thread[at(graph.tasks[at(step.target)].leader)] = 1;
  }
  for (const Step& step : plan.steps) {
    if (step.kind != StepKind::kCreate || step.thread || step.actor == kCoordinator) continue;
    const int group = graph.tasks[at(step.actor)].leader;
    if (group != step.actor && set_late[at(group)] != 0) return true;
  }
  return false;
}

}  // namespace

Plan expand(const SharingGraph& graph, const std::vector<Move>& moves) {
  Plan plan = Expander(graph, moves).run();
  prune(graph, plan);
  for (const Step& step : plan.steps) {
    if (step.kind == StepKind::kExec) ++plan.execs;
    if (step.kind == StepKind::kUnshare) ++plan.unshares;
  }
  plan.ordered = plan.throwaways > 0 || needs_order(graph, plan);
  return plan;
}

}  // namespace rb
