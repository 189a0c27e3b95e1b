// Reads back what json_results.h writes.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "harness/results.h"

namespace rb {

/// Puts into `cell` what a document with that one cell says of it, but for its name and its
/// strategy, and into `tasks` the number of its image's tasks. What is written of it again
/// is the same. Errors: kNoResult, for what is no such document.
[[nodiscard]] Status read_cell(const nlohmann::ordered_json& document, CellResult& cell,
                               std::size_t& tasks);

}  // namespace rb
