// What each command that restarts has: where to run, and what it takes there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rb {

enum class ClockKind {
  kWall,          ///< CLOCK_MONOTONIC.
  kInstructions,  ///< Instructions executed by an emulated machine: stages count them as ns.
  kFake,          ///< FakeTime: the same numbers in every run, for tests of the program.
};

/// Where to run, and the virtual machine if there. Prose: docs/virtual-machine.md.
struct VmOptions {
  bool wanted = false;      ///< --vm
  bool native = false;      ///< --native
  std::string kernel;       ///< a version, its beginning, or a path; empty = the default
  std::string module;       ///< path of its restart.ko; empty = that of its version
  bool one_guest = false;   ///< all cells in one, also where each could have its own
  unsigned memory_mib = 0;  ///< 0 = by the images: vm/guest_memory.h
  unsigned cpus = 1;
  unsigned timeout_s = 600;      ///< of silence, after which the guest is given up
  std::string kernel_arguments;  ///< more for the kernel's command line
};

/// What each command that restarts has: where to run, and what it takes there.
struct Invocation {
  VmOptions vm;
  std::optional<ClockKind> clock;         ///< nothing: the only one, or wall time
  std::vector<std::string> command_line;  ///< as given, for the results
  std::vector<std::string> images;        ///< files to restart instead or in addition
  std::string costs;                      ///< file of bench objects; empty = no model
  std::string out;                        ///< JSON file; "-" = stdout; empty = none
  std::uint64_t seed = 1;
};

}  // namespace rb
