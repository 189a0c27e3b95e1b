// What about the samples of a run makes their medians and ratios less sure.
#pragma once

#include <vector>

#include "harness/results.h"
#include "harness/warnings/warning.h"

namespace rb {

/// One warning a kind, with all the cells that it concerns and the worst of their
/// values: few rounds, a first round far off, a drift, more than one mode, an image
/// that was not in memory, CPUs that others used.
[[nodiscard]] std::vector<Warning> sample_warnings(const RunResult& run);

}  // namespace rb
