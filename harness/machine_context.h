// Where and how a run was made.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "harness/options.h"
#include "harness/virtual_machine.h"
#include "harness/warnings/warning.h"

namespace rb {

/// Google Benchmark's context, the kernel, CPU, memory, compiler, versions and
/// the options of the run. Taken once, at the start.
/// @param guest  the virtual machine that this runs in; nullptr = none
[[nodiscard]] nlohmann::ordered_json machine_context(const RunOptions& options,
                                                     const VirtualMachine* guest);

/// What makes the numbers of a run in that context less worth.
[[nodiscard]] std::vector<Warning> context_warnings(const nlohmann::ordered_json& context);

}  // namespace rb
