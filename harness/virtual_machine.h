// The virtual machine that bench runs in, as its results describe it.
#pragma once

#include <string>

namespace rb {

/// Emulated, with the host's clock and a thread for each CPU: for commands that are not measured.
inline constexpr char kEmulatedInRealTime[] = "tcg,thread=multi";

struct VirtualMachine {
  std::string qemu;         ///< version
  std::string accelerator;  ///< "kvm", "tcg" or kEmulatedInRealTime
  std::string kernel;       ///< release of the guest's kernel
  std::string kernel_arguments;
  unsigned memory_mib = 0;
  unsigned cpus = 0;

  /// Its clock, the TSC, counts instructions: emulated, with -icount shift=0.
  [[nodiscard]] bool counts_instructions() const { return accelerator == "tcg"; }
};

}  // namespace rb
