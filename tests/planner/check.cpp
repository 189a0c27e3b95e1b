#include "tests/planner/check.h"

#include <fmt/format.h>

namespace rb::test {
namespace {

std::string mask_names(ShareMask mask) {
  std::string text;
  for (std::size_t cls = 0; cls < kSharedCount; ++cls)
    if ((mask & share_bit(static_cast<Shared>(cls))) != 0)
      text += fmt::format(" {}", shared_name(static_cast<Shared>(cls)));
  return text;
}

constexpr std::size_t kSmall = 16;  // tasks; the check is quadratic

/// Empty, or an unshare without which the plan makes the same graph.
std::string needless_unshare(const SharingGraph& graph, const Plan& plan) {
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (plan.steps[i].kind != StepKind::kUnshare) continue;
    for (const Shared shared : {Shared::kFiles, Shared::kFs}) {
      if ((plan.steps[i].share & share_bit(shared)) == 0) continue;
      Plan without = plan;
      without.steps[i].share = static_cast<ShareMask>(without.steps[i].share & ~share_bit(shared));
      if (replay(graph, without).mistake.empty())
        return fmt::format(" step {} unshares {} needlessly", i, shared_name(shared));
    }
    if (plan.steps[i].share == 0) return fmt::format(" step {} unshares nothing", i);
  }
  return {};
}

}  // namespace

std::string check_plan(const SharingGraph& graph, const Plan& plan) {
  const Replay result = replay(graph, plan);
  std::string wrong = result.mistake;
  int execs = 0;
  int unshares = 0;
  int exits = 0;
  for (const Step& step : plan.steps) {
    execs += step.kind == StepKind::kExec ? 1 : 0;
    unshares += step.kind == StepKind::kUnshare ? 1 : 0;
    exits += step.kind == StepKind::kExit ? 1 : 0;
  }
  if (execs != plan.execs || unshares != plan.unshares || exits != plan.throwaways ||
      plan.task_count != static_cast<int>(graph.tasks.size()) + exits)
    wrong += " counters differ from steps";
  if (exits > 0 && !plan.ordered) wrong += " throw-away tasks in a plan without order";
  if (exits > PlannerMeans{}.max_throwaways) wrong += " more throw-away tasks than allowed";
  if (wrong.empty() && graph.tasks.size() <= kSmall) wrong = needless_unshare(graph, plan);
  if (wrong.empty()) return {};
  return fmt::format("{}\n{}{}", wrong, describe(graph), describe(plan));
}

std::array<int, kSharedCount> useless_objects(const SharingGraph& graph, const Plan& plan) {
  std::array<int, kSharedCount> useless = replay(graph, plan).created;
  const auto wanted = distinct_objects(graph);
  for (std::size_t cls = 0; cls < kSharedCount; ++cls) useless[cls] -= wanted[cls];
  return useless;
}

std::string describe(const Plan& plan) {
  std::string text;
  for (const Step& step : plan.steps) {
    text += fmt::format("  {}: ", step.actor);
    switch (step.kind) {
      case StepKind::kCreate:
        text +=
            fmt::format("creates {}{}{}, sharing{}", step.target, step.thread ? " as thread" : "",
                        step.sibling ? " as sibling" : "", mask_names(step.share));
        break;
      case StepKind::kUnshare:
        text += "unshares" + mask_names(step.share);
        break;
      case StepKind::kExec:
        text += "execs";
        break;
      case StepKind::kSetSid:
        text += "founds its session";
        break;
      case StepKind::kSubreaper:
        text += step.value ? "is subreaper" : "is subreaper no more";
        break;
      case StepKind::kExit:
        text += "exits";
        break;
      case StepKind::kReap:
        text += fmt::format("reaps {}", step.target);
        break;
    }
    text += '\n';
  }
  return text;
}

}  // namespace rb::test
