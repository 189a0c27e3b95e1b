// Brings the emulated guest to the same state before every restart that is timed.
#pragma once

#include "base/error.h"

namespace rb::vm {

/// Once, before settle(). Errors: kSystem, where this kernel lacks what it takes; then
/// the same restart takes some per cent more or less in another run.
[[nodiscard]] Status prepare_settling();

/// Waits until the kernel has done what it put off, pins its free memory and that of this
/// process, and returns half a millisecond after a timer interrupt, with no other one due
/// for the next 50 million instructions. Prose: docs/virtual-machine.md.
void settle();

}  // namespace rb::vm
