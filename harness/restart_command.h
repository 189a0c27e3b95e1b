// bench restart: a tree goes on from where it was captured.
#pragma once

#include "base/error.h"
#include "harness/bench.h"
#include "harness/options.h"
#include "harness/parts.h"

namespace rb {

/// Restarts an image with its pids among the caller's, and lets it run. @return 0 if it was
/// left running; else what its first process ended with: its exit code, 128 + n by signal n.
/// Errors: kUnsupported where a pid is taken, and those of the strategy. SIGINT, SIGTERM and
/// SIGHUP while it is waited for are handed on to it; a second one kills the tree.
[[nodiscard]] Result<int> restart_command(const RestartOptions& options, const Parts& parts,
                                          const Streams& streams);

}  // namespace rb
