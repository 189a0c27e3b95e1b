// Whether a comparison runs on this kernel or in a virtual machine, and on which clock.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "harness/options.h"

namespace rb {

/// What the decision depends on, besides the command line.
struct Situation {
  bool in_guest = false;             ///< This is the virtual machine already.
  bool counts_instructions = false;  ///< ... and an emulated one.
  bool device = false;               ///< There is a /dev/restart.
  std::vector<std::string> need_device;  ///< Strategies that were named and need it.
  std::vector<std::string> left_out;     ///< Strategies of "all" that need it; if there is none.
};

enum class Place { kHere, kVirtualMachine };

struct Decision {
  Place place = Place::kHere;
  /// Here: the clock. In the virtual machine: the one that was asked for, if
  /// any; which others it has is known once it is known how it can run.
  std::optional<ClockKind> clock;
  std::string notice;  ///< For people, if the decision may surprise them.
};

/// All strategies of a comparison run in the same place. Errors: the options
/// contradict each other (kUsage), or --native and no device (kLacking).
[[nodiscard]] Result<Decision> where_to_run(const RunOptions& options, const Situation& situation);

}  // namespace rb
