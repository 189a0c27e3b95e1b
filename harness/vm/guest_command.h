// A command in a guest that is not bench's: the guest's side.
#pragma once

#include "harness/vm/guest_config.h"
#include "harness/vm/guest_line.h"

namespace rb::vm {

/// Becomes the command, on the standard streams that are there. Does not return: 127 where
/// there is no such program, 126 where it cannot be executed, as of a shell.
[[noreturn]] void become_command(const GuestConfig& config);

/// After its end: kills what it left, unloads restart.ko if it was loaded, and looks into the
/// kernel's log. @return `code`, or kExitFailed, said on stderr, where something was wrong
[[nodiscard]] int inspect_after_command(int code, const GuestLine& line);

}  // namespace rb::vm
