// bench without a subcommand: restarts trees and reports how long it took.
#pragma once

#include "base/error.h"
#include "harness/bench.h"
#include "harness/options.h"
#include "harness/parts.h"

namespace rb {

/// Runs the whole matrix, prints the table, writes the JSON after every group.
/// @return the exit code; an error only if the run could not begin or its
///         results could not be written
[[nodiscard]] Result<int> run_command(const RunOptions& options, const Parts& parts,
                                      const Streams& streams);

}  // namespace rb
