#include "harness/where_to_run.h"

#include <fmt/format.h>

#include "harness/selection.h"

namespace rb {
namespace {

constexpr const char* kBuildModule =
    "build the module with scripts/build-module and load it (insmod restart.ko)";

std::string listed(const std::vector<std::string>& names) {
  return fmt::format("{} {}", fmt::join(names, ", "), names.size() == 1 ? "needs" : "need");
}

/// In the virtual machine there is nothing left to decide but the clock.
Result<Decision> in_guest(const Invocation& options, const Situation& situation) {
  const ClockKind own = situation.counts_instructions ? ClockKind::kInstructions : ClockKind::kWall;
  const ClockKind clock = options.clock.value_or(own);
  if (clock != own && clock != ClockKind::kFake) {
    return fail(ErrorKind::kUsage, "this virtual machine does not have the clock of --clock");
  }
  if (!situation.need_device.empty() && !situation.device) {
    return fail(ErrorKind::kLacking, listed(situation.need_device) +
                                         " /dev/restart, which this virtual machine has not");
  }
  return Decision{Place::kHere, clock, left_out_in_guest(situation.left_out)};
}

}  // namespace

std::string left_out_in_guest(const std::vector<std::string>& strategies) {
  if (strategies.empty()) return {};
  return listed(strategies) +
         " /dev/restart: left out, as there was no module for this kernel; scripts/build-module "
         "builds it";
}

Situation situation_of(const std::vector<std::string>& strategies, const Parts& parts) {
  Situation situation;
  situation.in_guest = parts.guest != nullptr;
  situation.counts_instructions = situation.in_guest && parts.guest->counts_instructions();
  situation.device = has_device();
  auto needing = needing_device(strategies, parts);
  if (!strategies.empty()) {
    situation.need_device = std::move(needing);
  } else if (!situation.device) {
    situation.left_out = std::move(needing);
  }
  return situation;
}

Result<Decision> where_to_run(const Invocation& options, const Situation& situation) {
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
                std::string(kBuildModule) +
                    ", leave out --native for a virtual machine, or leave out --strategy for those "
                    "that run here");
  }
  Decision decision{Place::kHere, options.clock.value_or(ClockKind::kWall), {}};
  if (!situation.left_out.empty()) {
    decision.notice = listed(situation.left_out) +
                      " /dev/restart, which this kernel has not: left out; --strategy all runs "
                      "all of them in a virtual machine";
  }
  return decision;
}

}  // namespace rb
