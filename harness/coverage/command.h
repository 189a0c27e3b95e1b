// bench coverage: which sharing graphs each strategy restores.
#pragma once

#include "base/error.h"
#include "harness/bench.h"
#include "harness/options.h"
#include "harness/parts.h"

namespace rb {

/// What is wrong with the command line, found out before anything is done.
[[nodiscard]] Status check_coverage(const CoverageOptions& options, const Parts& parts);

/// Counts, restarts if asked to, prints. @return the exit code: 1 if a graph
/// that a strategy claims was not restored, or one that it does not was
[[nodiscard]] Result<int> coverage_command(const CoverageOptions& options, const Parts& parts,
                                           const Streams& streams);

}  // namespace rb
