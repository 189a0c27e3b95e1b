// Costs of objects as a file.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/objects/cost.h"

namespace rb {

/// One entry an object and size, with every sample.
[[nodiscard]] nlohmann::ordered_json costs_json(const std::vector<ObjectCost>& costs);

/// The same, read back. Errors: kUsage, for what is no such list.
[[nodiscard]] Result<std::vector<ObjectCost>> parse_costs(const nlohmann::ordered_json& json);

/// What `bench objects --out` wrote.
struct CostFile {
  std::string unit;  ///< "ns" or "instructions"
  std::vector<ObjectCost> costs;
};
/// Errors: kUsage, for a file that is none of those.
[[nodiscard]] Result<CostFile> read_cost_file(const std::string& path);

}  // namespace rb
