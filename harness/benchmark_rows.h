// Google Benchmark's results, as rows of our JSON.
#pragma once

#include <benchmark/benchmark.h>

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/results.h"

namespace rb {

/// Receives the runs of one group and hands each cell its rows. They are written
/// by Google Benchmark's own JSON reporter, so they have its fields, whatever
/// its version; names are the cells' names, without its suffixes.
class RowReporter final : public benchmark::BenchmarkReporter {
 public:
  explicit RowReporter(GroupResult& group) : group_(group) {}

  bool ReportContext(const Context& /*context*/) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override;

 private:
  GroupResult& group_;
};

/// The row that Google Benchmark has for a benchmark that failed.
[[nodiscard]] nlohmann::ordered_json error_row(const std::string& name, const std::string& message);

/// The "context" that Google Benchmark's JSON reporter writes.
[[nodiscard]] nlohmann::ordered_json benchmark_context();

}  // namespace rb
