#include "strategies/optimistic/restarter.h"

#include "strategies/kernel/restarter.h"
#include "strategies/optimistic/program.h"
#include "strategies/userspace/image_graph.h"
#include "strategies/userspace/program_restarter.h"

namespace rb {
namespace {

Status supports(const Image& image, const StrategyOptions& options) {
  RB_TRY(device_supports(image, options, RESTART_OPTIMISTIC));
  const auto plan = plan_all_shared(sharing_graph(image), creators(options));
  if (!plan) return tl::unexpected<Error>(plan.error());
  return {};
}

Result<std::unique_ptr<Restarter>> prepare(const Image& image, const StrategyOptions& options) {
  const unsigned width = creators(options);
  return open_device_restarter(image, options,
                               [&image, width](const ImageAt& at) -> Result<Program> {
                                 const SharingGraph graph = sharing_graph(image);
                                 const auto plan = plan_all_shared(graph, width);
                                 if (!plan) return tl::unexpected<Error>(plan.error());
                                 return compile_optimistic(at, graph, *plan);
                               });
}

}  // namespace

const Strategy kOptimistic = {
    kStrategyVersion,
    "optimistic",
    "user space clones all tasks sharing everything, /dev/restart unshares",
    StrategyKind::kRestart,
    kDeviceStrategyFlags,
    supports,
    prepare,
};

}  // namespace rb
