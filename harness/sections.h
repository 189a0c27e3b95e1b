// What is printed below the table, where it was asked for.
#pragma once

#include <ostream>

#include "harness/format.h"
#include "harness/options.h"
#include "harness/results.h"

namespace rb {

/// Prints the sections that the options ask for: stages, counters, ledger.
void print_sections(std::ostream& out, const RunResult& run, const RunOptions& options);

/// The stages of each timed cell: median over all restarts, and its share of the sum of
/// all stages' medians.
void print_stages(std::ostream& out, const RunResult& run, Scale scale);

/// The counters of each cell: the median of its counted restarts.
void print_counters(std::ostream& out, const RunResult& run);

/// The time of each cell by the costs of its objects, beside what was measured.
void print_model(std::ostream& out, const RunResult& run, Scale scale);

/// The ledger of each cell.
void print_ledgers(std::ostream& out, const RunResult& run);

}  // namespace rb
