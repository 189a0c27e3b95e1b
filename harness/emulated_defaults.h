// How much to measure where instructions are counted.
#pragma once

#include <string>

#include "harness/names.h"
#include "harness/options.h"
#include "harness/parts.h"

namespace rb {

/// Changes what the command line left at its default: instruction counts need few
/// samples, and an emulated machine takes long for each: one round, of as many restarts
/// as intervals of 200 comparisons take. For the same reason "all"
/// workloads are those at their default sizes, not with their sweeps.
/// @return what people are told of it, if anything
inline std::string use_emulated_defaults(RunOptions& options, const Parts& parts) {
  if (!options.chosen.repetitions) options.repetitions = 1;
  if (!options.chosen.min_time) options.min_time_s = 0.005;
  if (!options.chosen.max_time) options.max_time_s = 0.4;
  if (!options.chosen.min_time && !options.chosen.repetitions) options.least_restarts = 16;
  std::string workloads;
  bool all = false;
  for (const std::string_view piece : split(options.workloads, ',')) {
    if (!workloads.empty()) workloads += ',';
    workloads += piece == "all" ? joined_names(parts.workloads, ",") : std::string(piece);
    all = all || piece == "all";
  }
  if (!all) return {};
  options.workloads = std::move(workloads);
  return "emulated, so --workload all is each workload at its default size; more by name, as in "
         "threads:n=1,10,100";
}

}  // namespace rb
