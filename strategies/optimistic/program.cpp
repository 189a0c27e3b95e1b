#include "strategies/optimistic/program.h"

#include <utility>

#include "strategies/userspace/ops.h"
#include "strategies/userspace/scripts.h"

namespace rb {

Result<Plan> plan_all_shared(const SharingGraph& graph, unsigned width) {
  SharingGraph shared = graph;
  for (GraphTask& task : shared.tasks) task.object = {};
  auto plan = make_plan(shared);
  if (!plan) return plan;
  // Sessions and exit signals can ask for more than clone(2); no program has them.
  if (plan->throwaways > 0 || plan->execs > 0 || plan->unshares > 0) {
    return fail(ErrorKind::kUnsupported,
                "the image's sessions and exit signals need throw-away tasks, which an optimistic "
                "restart does not make");
  }
  return spread(shared, *std::move(plan), width);
}

Program compile_optimistic(const ImageAt& at, const SharingGraph& graph, const Plan& plan) {
  Program program;
  program.slots = device_slots(at.image());
  program.expected = static_cast<std::uint32_t>(graph.tasks.size());
  Scripts scripts(static_cast<int>(graph.tasks.size()));
  std::vector<char> attached(graph.tasks.size(), 0);  // by leader: has the image's sighand
  const Handed handed = device_prologue(at, RESTART_OPTIMISTIC);
  scripts.add(kCoordinator, handed.ops);
  for (const Step& step : plan.steps) {
    if (step.kind == StepKind::kSetSid) {
      scripts.add(step.actor, ops::make(RST_SETSID, RST_STAGE_ATTACH));
      continue;
    }
    RB_ASSERT(step.kind == StepKind::kCreate);
    // A sighand can be replaced only while its thread group is one task.
    if (step.thread) {
      const int leader = graph.tasks[static_cast<std::size_t>(step.target)].leader;
      if (std::exchange(attached[static_cast<std::size_t>(leader)], 1) == 0) {
        RB_ASSERT(step.actor == leader);
        scripts.add(leader, ops::make(RST_DEVICE_SIGHAND, RST_STAGE_ATTACH));
      }
    }
    Step shared = step;
    for (std::size_t cls = 0; cls < kSharedCount; ++cls) {
      shared.share |= share_bit(static_cast<Shared>(cls));
    }
    scripts.create(step.actor, scripts.slot(step.target), create_op(graph, shared));
  }
  scripts.add(kCoordinator, device_run(handed));
  program.tasks.resize(program.slots.size());
  scripts.finish(RST_DEVICE_ATTACH, program);
  return program;
}

}  // namespace rb
