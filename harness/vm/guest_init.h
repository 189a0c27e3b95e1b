// The guest's side of bench --vm: bench as the first and only program of a kernel.
#pragma once

#include "harness/parts.h"

namespace rb::vm {

/// Whether this process is the init of a guest that run_guest() started.
[[nodiscard]] bool is_guest_init();

/// Makes the machine ready, runs the host's command line with `parts` in a child,
/// sends what it prints and its exit code to the host, and ends the machine.
[[noreturn]] void guest_init(Parts parts);

}  // namespace rb::vm
