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

/// Empty, or the unshare that finds an object without other users.
std::string idle_unshare(const SharingGraph& graph, const Plan& plan) {
  Plan start = plan;
  start.steps.clear();
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    const auto before = step.kind == StepKind::kUnshare ? replay(graph, start).created
                                                        : std::array<int, kSharedCount>{};
    start.steps.push_back(step);
    if (step.kind != StepKind::kUnshare) continue;
    const auto after = replay(graph, start).created;
    for (std::size_t cls = 0; cls < kSharedCount; ++cls)
      if ((step.share & share_bit(static_cast<Shared>(cls))) != 0 && before[cls] == after[cls])
        return fmt::format(" step {} unshares what is not shared", i);
    if (step.share == 0) return fmt::format(" step {} unshares nothing", i);
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
  if (wrong.empty() && graph.tasks.size() <= kSmall) wrong = idle_unshare(graph, plan);
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
