#include "strategies/bare/tasks.h"

#include "strategies/userspace/image_graph.h"
#include "strategies/userspace/machine.h"
#include "strategies/userspace/ops.h"
#include "strategies/userspace/program_restarter.h"
#include "strategies/userspace/scripts.h"

namespace rb {
namespace {

[[nodiscard]] Status bare_supports(const Image& image, const StrategyOptions& options) {
  return check_machine(image, MachineNeeds::kTasks, options.creator);
}

[[nodiscard]] Result<std::unique_ptr<Restarter>> prepare_bare(const Image& image,
                                                              const StrategyOptions& options) {
  const unsigned width = creators(options);
  return open_restarter(
      image, options,
      [&image, width, creator = options.creator](const ImageAt&) -> Result<Prepared> {
        const SharingGraph graph = sharing_graph(image);
        auto plan = plan_for(graph, width);
        if (!plan) return tl::unexpected<Error>(plan.error());
        // Nothing else: no throw-away task, no exec, no unshare.
        Plan creations = *plan;
        std::erase_if(creations.steps, [&](const Step& step) {
          return step.kind != StepKind::kCreate ||
                 static_cast<std::size_t>(step.target) >= graph.tasks.size();
        });
        creations.task_count = static_cast<int>(graph.tasks.size());
        for (Step& step : creations.steps) {
          // The children of a throw-away task are the coordinator's here.
          if (step.actor >= creations.task_count) step.actor = kCoordinator;
        }
        creations.throwaways = 0;
        return Prepared{compile_bare(graph, creations, creator)};
      });
}

}  // namespace

Program compile_bare(const SharingGraph& graph, const Plan& plan, const CreatorSize& creator) {
  Scripts scripts(plan.task_count);
  Program program;
  program.slots.resize(static_cast<std::size_t>(plan.task_count) + 1);
  program.tasks.resize(program.slots.size());
  program.expected = static_cast<std::uint32_t>(plan.task_count);
  std::vector<char> creates(program.slots.size(), 0);
  for (const Step& step : plan.steps) {
    if (step.kind == StepKind::kCreate) creates[scripts.slot(step.actor)] = 1;
  }
  scripts.add(kCoordinator, ops::make(RST_LEAD, RST_STAGE_CREATE));
  for (const Step& step : plan.steps) {
    if (step.kind != StepKind::kCreate) continue;
    rst_op op = create_op(graph, step);
    const bool leaf = creates[scripts.slot(step.target)] == 0;
    if (leaf) op.kind = RST_CREATE_LEAF;
    scripts.create(step.actor, scripts.slot(step.target), op);
    // Else every process that it creates would be as big.
    if (!leaf && step.actor == kCoordinator && (creator.descriptors > 0 || creator.memory > 0)) {
      scripts.add(step.target, ops::make(RST_SHED, RST_STAGE_CREATE));
    }
  }
  scripts.finish(RST_PARK, program);
  for (std::size_t i = 0; i + 1 < program.slots.size(); ++i) {
    const bool thread = i < graph.tasks.size() && graph.tasks[i].leader != static_cast<int>(i);
    if (thread) program.slots[i].flags = RST_SLOT_THREAD;
    if (creates[i] == 0) program.tasks[i].op_count = 0;
  }
  return program;
}

const Strategy kBare = {
    kStrategyVersion,
    "bare",
    "reference: creates the tasks with the right flags, nothing else",
    StrategyKind::kReference,
    kOwnPidNamespace | kHostPids | kNeedsRoot,
    bare_supports,
    prepare_bare,
};

}  // namespace rb
