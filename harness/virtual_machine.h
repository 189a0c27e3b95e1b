// The virtual machine that bench runs in, as its results describe it.
#pragma once

#include <string>

namespace rb {

struct VirtualMachine {
  std::string qemu;         ///< version
  std::string accelerator;  ///< "kvm" or "tcg"
  std::string kernel;       ///< release of the guest's kernel
  std::string kernel_arguments;
  unsigned memory_mib = 0;
  unsigned cpus = 0;

  /// Its clock, the TSC, counts instructions: emulated, with -icount shift=0.
  [[nodiscard]] bool counts_instructions() const { return accelerator == "tcg"; }
};

}  // namespace rb
