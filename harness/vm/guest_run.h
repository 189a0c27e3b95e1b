// One guest, from its start to its exit code.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "harness/bench.h"
#include "harness/virtual_machine.h"
#include "harness/vm/kernels.h"

namespace rb::vm {

/// What a guest is to do.
struct GuestJob {
  VirtualMachine machine;
  Kernel kernel;
  std::vector<std::string> arguments;  ///< of bench, its name first
  std::vector<std::string> files;      ///< the guest finds them under the same names
  std::string out;                     ///< file of the results; empty or "-" = none
  std::uint64_t seed = 1;
  unsigned timeout_s = 600;                ///< of silence
  unsigned limit_s = 0;                    ///< of all; 0 = none
  std::vector<std::string> programs = {};  ///< of this machine, with the libraries they need
  std::vector<std::string> modules = {};   ///< files of the kernel's own, in order, to be loaded
  /// A directory that is the guest's root, in which the arguments are a command with this
  /// process's environment; empty: they are bench's.
  std::string root = {};
  /// Asked now and then: whether nobody wants its results any more. Optional.
  std::function<bool()> given_up;
};

/// Starts the guest and takes its output to the streams and to the file. Signals
/// that end bench (interrupt.h; the caller has a guard) are passed on to the one in the
/// guest. May run in several threads, which live as long as their guests.
/// @return the exit code that it sent. Errors: kNoResult if it sent none.
[[nodiscard]] Result<int> run_guest(const GuestJob& job, const Streams& streams);

}  // namespace rb::vm
