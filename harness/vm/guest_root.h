// The host's root file system as a guest's.
#pragma once

#include "base/error.h"

namespace rb::vm {

/// Mounts what the host's file server has, read-only; over it what a machine has of its own
/// (/dev, /proc, /sys) and empty file systems in memory where programs write, with the
/// directories that they expect there; and makes all that the root of this process and of
/// those that it starts. Modules are loaded before.
[[nodiscard]] Status enter_host_root();

}  // namespace rb::vm
