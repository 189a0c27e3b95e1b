#include "strategies/userspace/restarter.h"

#include <unistd.h>

#include <functional>

#include "strategies/userspace/compile.h"
#include "strategies/userspace/image_graph.h"
#include "strategies/userspace/machine.h"
#include "strategies/userspace/session.h"

namespace rb {
namespace {

/// What to run, worked out anew for each restart: planning is part of its cost.
struct Prepared {
  Plan plan;
  Program program;
};
using Prepare = std::function<Result<Prepared>(const ImageAt&)>;

[[nodiscard]] Result<Plan> plan_for(const SharingGraph& graph, unsigned width) {
  return make_plan(graph).map([&](Plan plan) { return spread(graph, std::move(plan), width); });
}

class ProgramRestarter final : public Restarter {
 public:
  ProgramRestarter(const Image& image, Prepare prepare)
      : image_(image), prepare_(std::move(prepare)) {}

  /// Plans once to learn how much room a program takes, and makes the session.
  [[nodiscard]] Status open(const StrategyOptions& options) {
    const ImageAt nowhere(image_, 0);
    auto first = prepare_(nowhere);
    if (!first) return tl::unexpected<Error>(first.error());
    auto session = Session::create(image_, scaffold_size(image_, first->program), options,
                                   first->plan.execs > 0);
    if (!session) return tl::unexpected<Error>(session.error());
    session_ = std::move(*session);
    return {};
  }

  Result<std::unique_ptr<Tree>> restart(StageClock& clock) override {
    const std::uint64_t before = clock.now_ns();
    const ImageAt at(image_, session_->scaffold().image_address());
    auto prepared = prepare_(at);
    clock.add(Stage::kPlan, clock.now_ns() - before);
    if (!prepared) return tl::unexpected<Error>(prepared.error());
    RB_TRY(session_->start(prepared->program, clock));
    return std::make_unique<SessionTree>(*session_);
  }

 private:
  const Image& image_;
  Prepare prepare_;
  std::unique_ptr<Session> session_;
};

[[nodiscard]] Result<std::unique_ptr<Restarter>> open_restarter(const Image& image,
                                                                const StrategyOptions& options,
                                                                Prepare prepare) {
  auto restarter = std::make_unique<ProgramRestarter>(image, std::move(prepare));
  RB_TRY(restarter->open(options));
  return restarter;
}

template <DescriptorOrder kOrder>
Result<std::unique_ptr<Restarter>> prepare_ordered(const Image& image,
                                                   const StrategyOptions& options) {
  return prepare_userspace(image, options, kOrder);
}

Status bare_supports(const Image& image, const StrategyOptions& /*options*/) {
  return check_machine(image, MachineNeeds::kTasks);
}

constexpr std::uint32_t kFlags =
    kRestoresTree | kOwnPidNamespace | kHostPids | kNeedsRoot | kSharesByPlan;

}  // namespace

unsigned creators(const StrategyOptions& options) {
  if (options.cpus != 0) return options.cpus;
  const long online = ::sysconf(_SC_NPROCESSORS_ONLN);
  return online < 1 ? 1 : static_cast<unsigned>(online);
}

Status userspace_supports(const Image& image, const StrategyOptions& /*options*/) {
  RB_TRY(check_machine(image, MachineNeeds::kEverything));
  const auto plan = make_plan(sharing_graph(image));
  if (!plan) return tl::unexpected<Error>(plan.error());
  return {};
}

Result<std::unique_ptr<Restarter>> prepare_userspace(const Image& image,
                                                     const StrategyOptions& options,
                                                     DescriptorOrder order) {
  const unsigned width = creators(options);
  return open_restarter(image, options,
                        [&image, width, order](const ImageAt& at) -> Result<Prepared> {
                          const SharingGraph graph = sharing_graph(image);
                          auto plan = plan_for(graph, width);
                          if (!plan) return tl::unexpected<Error>(plan.error());
                          auto program = compile(at, graph, *plan, order);
                          if (!program) return tl::unexpected<Error>(program.error());
                          return Prepared{std::move(*plan), std::move(*program)};
                        });
}

Result<std::unique_ptr<Restarter>> prepare_bare(const Image& image,
                                                const StrategyOptions& options) {
  const unsigned width = creators(options);
  return open_restarter(image, options, [&image, width](const ImageAt&) -> Result<Prepared> {
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
    creations.execs = creations.throwaways = 0;
    Program program = compile_bare(graph, creations);
    return Prepared{std::move(creations), std::move(program)};
  });
}

const Strategy kUserspace = {
    kStrategyVersion,
    "userspace",
    "stock system calls: topology first, contents after",
    StrategyKind::kRestart,
    kFlags,
    userspace_supports,
    prepare_ordered<DescriptorOrder::kTopologyFirst>,
};

const Strategy kUserspaceNaive = {
    kStrategyVersion,
    "userspace-naive",
    "descriptors first, then unshare and close: what a plain restorer does",
    StrategyKind::kVariant,
    kFlags,
    userspace_supports,
    prepare_ordered<DescriptorOrder::kFirstUnshare>,
};

const Strategy kUserspaceCloseRange = {
    kStrategyVersion,
    "userspace-closerange",
    "descriptors first, then close_range(CLOSE_RANGE_UNSHARE)",
    StrategyKind::kVariant,
    kFlags,
    userspace_supports,
    prepare_ordered<DescriptorOrder::kFirstCloseRange>,
};

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
