// Whether bench finds differences where there are none.
#pragma once

#include "base/error.h"
#include "harness/bench.h"
#include "harness/matrix.h"

namespace rb {

/// Compares strategies with themselves, each time made ready anew, and prints how
/// often a difference was found: what `--self-check` does. Every try is a run of one
/// comparison by itself, its rounds in an order of its own.
/// @param matrix  what to try: every strategy on every image
/// @return the exit code: 1 if a difference was found in more than one of 20 tries, or
///         something could not be timed
[[nodiscard]] Result<int> self_check(const std::vector<Group>& matrix, const RunOptions& options,
                                     const Parts& parts, TimeSource& time, const Streams& streams);

}  // namespace rb
