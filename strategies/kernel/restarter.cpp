#include "strategies/kernel/restarter.h"

#include <iterator>

#include "strategies/kernel/device.h"
#include "strategies/kernel/device_text.h"
#include "strategies/kernel/device_tree.h"
#include "strategies/kernel/program.h"
#include "strategies/userspace/machine.h"
#include "strategies/userspace/program_restarter.h"

namespace rb {
namespace {

/// The device's own account of where the time went, besides the session's.
/// Its time at the barrier is not that since the last arrival, but all waiting.
void add_stages(const rst_control& control, StageClock& clock) {
  constexpr Stage kStages[] = {Stage::kPlan,      Stage::kCreate, Stage::kAttach,
                               Stage::kOpenFiles, Stage::kMemory, Stage::kRegisters};
  static_assert(std::size(kStages) == RESTART_STAGE_BARRIER && RESTART_STAGE_LOAD == 0);
  for (std::size_t i = 0; i < std::size(kStages); ++i) {
    clock.add(kStages[i], control.device.stage_ns[i]);
  }
  clock.add(Stage::kBarrier, control.device_ready_ns);
}

/// Where it failed inside the kernel, the device knows task and record.
[[nodiscard]] Error explain(const Image& image, const rst_control& control, const Error& error) {
  const auto* op = reinterpret_cast<const rst_op*>(control.failure.op);  // mapped here, too
  const bool by_device =
      control.failure.complete != 0 && op->kind >= RST_DEVICE_LOAD && op->kind <= RST_DEVICE_ATTACH;
  if (!by_device || control.device.where == RESTART_AT_NOTHING) return error;
  return describe_device_failure(image, control.device);
}

Status supports(const Image& image, const StrategyOptions& options) {
  return device_supports(image, options, 0);
}

Result<std::unique_ptr<Restarter>> prepare(const Image& image, const StrategyOptions& options) {
  return open_device_restarter(
      image, options, [](const ImageAt& at) -> Result<Program> { return compile_kernel(at); });
}

}  // namespace

Result<std::unique_ptr<Restarter>> open_device_restarter(const Image& image,
                                                         const StrategyOptions& options,
                                                         CompileProgram compile) {
  // The coordinator needs the image's descriptor, as one that execs does.
  const auto prepare = [compile = std::move(compile)](const ImageAt& at) {
    return compile(at).map([](Program program) { return Prepared{std::move(program), true}; });
  };
  const auto finish = [&image](Session& session, const Status& started, Program&& program,
                               StageClock& clock) -> Result<std::unique_ptr<Tree>> {
    const rst_control& control = session.scaffold().control();
    add_stages(control, clock);
    if (!started) return tl::unexpected<Error>(explain(image, control, started.error()));
    return std::make_unique<DeviceTree>(session, std::move(program));
  };
  return open_restarter(image, options, prepare, finish);
}

Status device_supports(const Image& image, const StrategyOptions& options, std::uint32_t flags) {
  RB_TRY(check_machine(image, MachineNeeds::kEverything, options.creator));
  RB_TRY(check_handover(image));
  return check_device(image, flags);
}

const Strategy kKernel = {
    kStrategyVersion,
    "kernel",
    "the kernel builds the tree: /dev/restart",
    StrategyKind::kRestart,
    kDeviceStrategyFlags,
    supports,
    prepare,
};

}  // namespace rb
