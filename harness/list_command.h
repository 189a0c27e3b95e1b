// bench list: what there is to choose from.
#pragma once

#include <ostream>

#include "harness/options.h"
#include "harness/parts.h"

namespace rb {

/// Prints a line a strategy: name, kind, whether this machine can run it.
int list_strategies(const ListStrategies& options, const Parts& parts, std::ostream& out);

/// Prints a line a workload and one a parameter: default, range, sweep of "all".
int list_workloads(const ListWorkloads& options, const Parts& parts, std::ostream& out);

/// Prints a line a counter: name, whether this machine can count it, meaning.
int list_counters(const ListCounters& options, const Parts& parts, std::ostream& out);

}  // namespace rb
