#include "strategies/userspace/restarter.h"

#include "strategies/userspace/image_graph.h"
#include "strategies/userspace/machine.h"
#include "strategies/userspace/program_restarter.h"

namespace rb {
namespace {

template <DescriptorOrder kOrder>
Result<std::unique_ptr<Restarter>> prepare_ordered(const Image& image,
                                                   const StrategyOptions& options) {
  return prepare_userspace(image, options, kOrder);
}

constexpr std::uint32_t kFlags =
    kRestoresTree | kOwnPidNamespace | kHostPids | kNeedsRoot | kSharesByPlan;

}  // namespace

Status userspace_supports(const Image& image, const StrategyOptions& options) {
  RB_TRY(check_machine(image, MachineNeeds::kEverything, options.creator));
  const auto plan = make_plan(sharing_graph(image));
  if (!plan) return tl::unexpected<Error>(plan.error());
  return {};
}

Result<std::unique_ptr<Restarter>> prepare_userspace(const Image& image,
                                                     const StrategyOptions& options,
                                                     DescriptorOrder order) {
  const unsigned width = creators(options);
  return open_restarter(
      image, options,
      [&image, width, order, creator = options.creator](const ImageAt& at) -> Result<Prepared> {
        const SharingGraph graph = sharing_graph(image);
        auto plan = plan_for(graph, width);
        if (!plan) return tl::unexpected<Error>(plan.error());
        auto program = compile(at, graph, *plan, order, creator);
        if (!program) return tl::unexpected<Error>(program.error());
        return Prepared{std::move(*program), plan->execs > 0};
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

}  // namespace rb
