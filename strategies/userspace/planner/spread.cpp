#include <algorithm>

#include "strategies/userspace/planner/plan.h"

namespace rb {
namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

class Spreader {
 public:
  Spreader(const SharingGraph& graph, const Plan& plan, unsigned width, unsigned min_run)
      : graph_(graph),
        plan_(plan),
        width_(width),
        min_run_(std::max(min_run, 2u)),
        run_of_(graph.tasks.size(), kNoRun) {}

  std::vector<Step> run() {
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) add(i);
    for (std::vector<std::size_t>& run : runs_)
      if (run.size() >= min_run_) share_out(run);
    if (taken_over_.empty()) return plan_.steps;
    return in_order();
  }

 private:
  static constexpr std::size_t kNoRun = static_cast<std::size_t>(-1);

  /// Like creates of one actor with nothing of its own in between.
  [[nodiscard]] bool alike(const Step& a, const Step& b) const {
    return a.share == b.share && a.thread == b.thread && a.sibling == b.sibling &&
           (a.thread ||
            graph_.tasks[at(a.target)].exit_signal == graph_.tasks[at(b.target)].exit_signal);
  }

  void add(std::size_t index) {
    const Step& step = plan_.steps[index];
    if (step.actor == kCoordinator) return;
    std::size_t& current = run_of_[at(step.actor)];
    if (step.kind != StepKind::kCreate) {
      current = kNoRun;
      return;
    }
    if (current == kNoRun || !alike(plan_.steps[runs_[current].front()], step)) {
      current = runs_.size();
      runs_.emplace_back();
    }
    runs_[current].push_back(index);
  }

  /// The first width - 1 tasks of a run, and its actor, each create an equal
  /// part of the rest.
  void share_out(const std::vector<std::size_t>& run) {
    const std::size_t helpers = std::min<std::size_t>(width_ - 1, run.size() / 2);
    const std::size_t rest = run.size() - helpers;
    if (taken_over_.empty()) taken_over_.resize(graph_.tasks.size());
    if (moved_.empty()) moved_.resize(plan_.steps.size(), 0);
    std::size_t next = helpers;
    for (std::size_t i = 0; i < helpers; ++i) {
      const std::size_t end = helpers + rest * (i + 1) / (helpers + 1);
      const int helper = plan_.steps[run[i]].target;
      for (; next < end; ++next) {
        moved_[run[next]] = 1;
        taken_over_[at(helper)].push_back(run[next]);
      }
    }
  }

  /// A helper creates its part right after its own creation, while it still
  /// holds what it was born with.
  [[nodiscard]] std::vector<Step> in_order() const {
    std::vector<Step> steps;
    steps.reserve(plan_.steps.size());
    for (std::size_t i = 0; i < plan_.steps.size(); ++i)
      if (moved_[i] == 0) place(plan_.steps[i], steps);
    return steps;
  }

  void place(const Step& step, std::vector<Step>& steps) const {
    steps.push_back(step);
    if (step.kind != StepKind::kCreate) return;
    const int helper = step.target;
    for (const std::size_t index : taken_over_[at(helper)]) {
      Step taken = plan_.steps[index];
      taken.actor = helper;
      taken.sibling = !taken.thread;
      steps.push_back(taken);
    }
  }

  const SharingGraph& graph_;
  const Plan& plan_;
  unsigned width_;
  unsigned min_run_;
  std::vector<std::size_t> run_of_;  // by actor: its current run
  std::vector<std::vector<std::size_t>> runs_;
  std::vector<std::vector<std::size_t>> taken_over_;  // by helper
  std::vector<char> moved_;
};

}  // namespace

Plan spread(const SharingGraph& graph, Plan plan, unsigned width, unsigned min_run) {
  if (plan.ordered || width < 2) return plan;
  plan.steps = Spreader(graph, plan, width, min_run).run();
  return plan;
}

}  // namespace rb
