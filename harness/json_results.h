// The results as JSON: Google Benchmark's, and more. Prose: docs/results-format.md.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "harness/results.h"
#include "harness/warnings/warning.h"

namespace rb {

/// Bumped when a reader of the old format would misread the new one.
inline constexpr int kResultsSchemaVersion = 2;

/// The whole document, valid against results/schema-v2.json at any time of a run.
[[nodiscard]] nlohmann::ordered_json results_json(const RunResult& run,
                                                  const nlohmann::ordered_json& context,
                                                  const std::vector<Warning>& warnings,
                                                  VerifyMode verify, ClockKind clock);

/// As text: a line for every row and cell, so that files can be compared.
[[nodiscard]] std::string to_text(const nlohmann::ordered_json& document);

/// Replaces the file in one step: a reader sees the old one or the new one.
[[nodiscard]] Status replace_file(const std::string& path, const std::string& text);

}  // namespace rb
