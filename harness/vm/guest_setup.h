// Makes a bare kernel a place where bench can run.
#pragma once

#include <string>

#include "base/error.h"
#include "harness/vm/guest_config.h"

namespace rb::vm {

/// Mounts, limits, clock, working directory. Errors leave the machine unusable.
[[nodiscard]] Status set_up_guest(const GuestConfig& config);

/// As the working directory.
[[nodiscard]] Status enter_directory(const std::string& directory);

/// The loopback interface, which programs other than bench want.
[[nodiscard]] Status bring_up_loopback();

/// Loads the kernel's own modules that the host has put there.
[[nodiscard]] Status load_modules(const GuestConfig& config);

/// Loads the restart module if there is one.
[[nodiscard]] Status load_module();

/// Whether the TSC advances by one with every instruction, tried on a loop of
/// known length. A QEMU without icount, or one with another shift, is found out.
[[nodiscard]] Status check_instruction_clock();

}  // namespace rb::vm
