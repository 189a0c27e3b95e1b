// The grammar of --workload: workloads, parameters and sweeps in one line.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "workloads/workload.h"

namespace rb {

/// Values to give one parameter, one after the other.
struct Sweep {
  std::string parameter;
  std::vector<std::int64_t> values;
};

/// A workload with the sweeps to cross; parameters without one have defaults.
struct WorkloadRequest {
  const Workload* workload = nullptr;
  std::vector<Sweep> sweeps;
};

/// Parses a --workload value. Commas separate pieces; a piece that names a
/// workload starts it, a piece with '=' starts a parameter of the current
/// workload, anything else is a further value of the current parameter. ':' may
/// stand for the comma between a workload and its parameters. "all" is every
/// workload with its default sweep.
/// Errors (kUsage) name the piece and list what is possible there. Ranges are
/// not checked here.
[[nodiscard]] Result<std::vector<WorkloadRequest>> parse_workloads(
    std::string_view text, std::span<const Workload* const> registry);

/// Every combination of the sweeps, the last sweep running fastest, with all
/// other parameters filled in and checked. `seed` is the seed unless swept.
[[nodiscard]] Result<std::vector<ParameterValues>> expand(const WorkloadRequest& request,
                                                          std::uint64_t seed);

}  // namespace rb
