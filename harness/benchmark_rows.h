// Google Benchmark's results, as rows of our JSON.
#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace rb {

/// Receives Google Benchmark's runs, each the turn of a cell in a round, and makes the
/// rows of a benchmark with a repetition for each round of them: Google Benchmark's own
/// JSON reporter writes them and its own functions aggregate them, so they have its
/// fields, whatever its version. Names are the cells' names, without its suffixes.
class RowReporter final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& /*context*/) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override;

  /// @param family  the cell's place among those of its image
  /// @return a JSON object each
  [[nodiscard]] std::vector<std::string> rows(const std::string& cell, std::int64_t family) const;

 private:
  std::map<std::string, std::vector<Run>> runs_;  ///< of each cell, without those that failed
  std::vector<benchmark::internal::Statistics> statistics_;  ///< what is made of several
};

/// The row that Google Benchmark has for a benchmark that failed.
[[nodiscard]] nlohmann::ordered_json error_row(const std::string& name, const std::string& message);

/// The "context" that Google Benchmark's JSON reporter writes.
[[nodiscard]] nlohmann::ordered_json benchmark_context();

}  // namespace rb
