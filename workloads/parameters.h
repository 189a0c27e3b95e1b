// Access to complete parameter values, for workloads.
#pragma once

#include "workloads/workload.h"

namespace rb {

/// The value of a parameter that is there, as complete_parameters() makes sure.
[[nodiscard]] inline std::int64_t value_of(const ParameterValues& values, std::string_view name) {
  const auto at = values.find(name);
  RB_ASSERT(at != values.end());
  return at->second;
}
[[nodiscard]] inline std::uint64_t seed_of(const ParameterValues& values) {
  return static_cast<std::uint64_t>(value_of(values, "seed"));
}

}  // namespace rb
