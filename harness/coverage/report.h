// What bench coverage prints.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/coverage/count.h"
#include "harness/coverage/restore.h"

namespace rb {

/// Everything that was found out.
struct CoverageReport {
  GraphSet set;
  GraphCounts counts;
  std::vector<const Strategy*> strategies;
  std::vector<RestoredGraphs> restored;  ///< with --restore
};

/// How many of the graphs a strategy restores.
struct StrategyCoverage {
  std::size_t all = 0;        ///< of all partitions
  std::size_t reachable = 0;  ///< of those that ordinary histories lead to
};
[[nodiscard]] StrategyCoverage coverage_of(const Strategy& strategy, const GraphCounts& counts);

[[nodiscard]] std::string coverage_text(const CoverageReport& report);
[[nodiscard]] nlohmann::ordered_json coverage_json(const CoverageReport& report);

}  // namespace rb
