#include "strategies/kernel/restarter.h"

#include <iterator>

#include "strategies/kernel/device.h"
#include "strategies/kernel/device_text.h"
#include "strategies/kernel/device_tree.h"
#include "strategies/kernel/program.h"
#include "strategies/userspace/machine.h"

namespace rb {
namespace {

class DeviceRestarter final : public Restarter {
 public:
  DeviceRestarter(const Image& image, CompileProgram compile)
      : image_(image), compile_(std::move(compile)) {}

  /// Compiles once to learn how much room a program takes, and makes the session.
  [[nodiscard]] Status open(const StrategyOptions& options) {
    auto first = compile_(ImageAt(image_, 0));
    if (!first) return tl::unexpected<Error>(first.error());
    // The coordinator needs the image's descriptor, as one that execs does.
    auto session = Session::create(image_, scaffold_size(image_, *first), options, true);
    if (!session) return tl::unexpected<Error>(session.error());
    session_ = std::move(*session);
    return {};
  }

  Result<std::unique_ptr<Tree>> restart(StageClock& clock) override {
    const std::uint64_t before = clock.now_ns();
    const ImageAt at(image_, session_->scaffold().image_address());
    auto program = compile_(at);
    clock.add(Stage::kPlan, clock.now_ns() - before);
    if (!program) return tl::unexpected<Error>(program.error());
    const Status started = session_->start(*program, clock);
    add_stages(clock);
    if (!started) return tl::unexpected<Error>(explain(started.error()));
    return std::make_unique<DeviceTree>(*session_, std::move(*program));
  }

 private:
  /// The device's own account of where the time went, besides the session's.
  /// Its time at the barrier is not that since the last arrival, but all waiting.
  void add_stages(StageClock& clock) const {
    const rst_control& control = session_->scaffold().control();
    constexpr Stage kStages[] = {Stage::kPlan,      Stage::kCreate, Stage::kAttach,
                                 Stage::kOpenFiles, Stage::kMemory, Stage::kRegisters};
    static_assert(std::size(kStages) == RESTART_STAGE_BARRIER && RESTART_STAGE_LOAD == 0);
    for (std::size_t i = 0; i < std::size(kStages); ++i) {
      clock.add(kStages[i], control.device.stage_ns[i]);
    }
    clock.add(Stage::kBarrier, control.device_ready_ns);
  }

  /// Where it failed inside the kernel, the device knows task and record.
  [[nodiscard]] Error explain(const Error& error) const {
    const rst_control& control = session_->scaffold().control();
    const auto* op = reinterpret_cast<const rst_op*>(control.failure.op);  // mapped here, too
    const bool by_device = control.failure.complete != 0 && op->kind >= RST_DEVICE_LOAD &&
                           op->kind <= RST_DEVICE_ATTACH;
    if (!by_device || control.device.where == RESTART_AT_NOTHING) return error;
    return describe_device_failure(image_, control.device);
  }

  const Image& image_;
  CompileProgram compile_;
  std::unique_ptr<Session> session_;
};

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
  auto restarter = std::make_unique<DeviceRestarter>(image, std::move(compile));
  RB_TRY(restarter->open(options));
  return restarter;
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
