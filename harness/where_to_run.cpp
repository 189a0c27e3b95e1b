#include "harness/where_to_run.h"

#include <fmt/format.h>

namespace rb {
namespace {

constexpr const char* kBuildModule =
    "build the module with scripts/build-module and load it (insmod restart.ko)";

std::string listed(const std::vector<std::string>& names) {
  return fmt::format("{} {}", fmt::join(names, ", "), names.size() == 1 ? "needs" : "need");
}

/// In the virtual machine there is nothing left to decide but the clock.
Result<Decision> in_guest(const RunOptions& options, const Situation& situation) {
  const ClockKind own =
      situation.counts_instructions ? ClockKind::kInstructions : ClockKind::kWall;
  const ClockKind clock = options.clock.value_or(own);
  if (clock != own && clock != ClockKind::kFake) {
    return fail(ErrorKind::kUsage, "this virtual machine does not have the clock of --clock");
  }
  Decision decision{Place::kHere, clock, {}};
  if (!situation.left_out.empty()) {
    decision.notice = listed(situation.left_out) +
                      " /dev/restart and is left out: there was no module for this kernel; "
                      "scripts/build-module builds it";
  }
  return decision;
}

}  // namespace

Result<Decision> where_to_run(const RunOptions& options, const Situation& situation) {
  if (situation.in_guest) return in_guest(options, situation);
  if (options.vm.wanted) return Decision{Place::kVirtualMachine, options.clock, {}};

  const bool lacks_device = !situation.need_device.empty() && !situation.device;
  if (lacks_device && !options.vm.native) {
    return Decision{Place::kVirtualMachine, options.clock,
                    listed(situation.need_device) +
                        " /dev/restart, which this kernel has not: running everything in a "
                        "virtual machine; --native insists on this kernel"};
  }
  if (options.clock == ClockKind::kInstructions) {
    return fail(ErrorKind::kUsage,
                "--clock instructions counts what an emulated machine executes; a real one has no "
                "such clock",
                options.vm.native ? "leave out --native and add --vm" : "add --vm");
  }
  if (lacks_device) {
    return fail(ErrorKind::kLacking,
                listed(situation.need_device) + " /dev/restart, which this kernel has not",
                std::string(kBuildModule) + ", or leave out --native");
  }
  Decision decision{Place::kHere, options.clock.value_or(ClockKind::kWall), {}};
  if (!situation.left_out.empty()) {
    decision.notice = listed(situation.left_out) +
                      " /dev/restart, which this kernel has not, and is left out; --vm runs all "
                      "strategies in a virtual machine";
  }
  return decision;
}

}  // namespace rb
