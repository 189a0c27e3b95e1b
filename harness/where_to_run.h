// Whether a comparison runs on this kernel or in a virtual machine, and on which clock.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "harness/options.h"
#include "harness/parts.h"

namespace rb {

/// What the decision depends on, besides the command line.
struct Situation {
  bool in_guest = false;             ///< This is the virtual machine already.
  bool counts_instructions = false;  ///< ... and an emulated one.
  bool device = false;               ///< There is a /dev/restart.
  /// Strategies that were asked for, by name or as "all", and need it.
  std::vector<std::string> need_device;
  /// Strategies that need it, if none was asked for and there is no device.
  std::vector<std::string> left_out;
};

enum class Place { kHere, kVirtualMachine };

struct Decision {
  Place place = Place::kHere;
  /// Here: the clock. In the virtual machine: the one that was asked for, if
  /// any; which others it has is known once it is known how it can run.
  std::optional<ClockKind> clock;
  std::string notice;  ///< For people, if the decision may surprise them.
};

/// What bench knows of this machine and of the strategies that are asked for.
[[nodiscard]] Situation situation_of(const std::vector<std::string>& strategies,
                                     const Parts& parts);

/// All strategies of a comparison run in the same place. Errors: the options
/// contradict each other (kUsage), or --native and no device (kLacking).
[[nodiscard]] Result<Decision> where_to_run(const Invocation& options, const Situation& situation);

/// What people are told of strategies that a guest cannot run, as its kernel has no module;
/// nothing if there are none.
[[nodiscard]] std::string left_out_in_guest(const std::vector<std::string>& strategies);

}  // namespace rb
