#include "harness/benchmark_rows.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

namespace rb {
namespace {

/// What the library's reporter writes for some runs, parsed.
nlohmann::ordered_json report(const std::vector<benchmark::BenchmarkReporter::Run>& runs) {
  std::ostringstream text;
  benchmark::JSONReporter reporter;
  reporter.SetOutputStream(&text);
  reporter.ReportContext(benchmark::BenchmarkReporter::Context());
  reporter.ReportRuns(runs);
  reporter.Finalize();
  return nlohmann::ordered_json::parse(text.str());
}

using Run = benchmark::BenchmarkReporter::Run;

/// It prints NaN, which JSON has not, for the variation of times that are zero.
bool is_unprintable(const Run& run) {
  return !std::isfinite(run.real_accumulated_time) || !std::isfinite(run.cpu_accumulated_time);
}

/// As Google Benchmark aggregates the repetitions of one benchmark.
Run aggregate(const std::vector<Run>& runs, const benchmark::internal::Statistics& statistic) {
  std::vector<double> real;
  std::vector<double> cpu;
  for (const Run& run : runs) {
    const auto iterations = static_cast<double>(run.iterations);
    real.push_back(run.real_accumulated_time / iterations);
    cpu.push_back(run.cpu_accumulated_time / iterations);
  }
  Run result = runs.front();
  result.run_type = Run::RT_Aggregate;
  result.aggregate_name = statistic.name_;
  result.aggregate_unit = statistic.unit_;
  result.repetition_index = Run::no_repetition_index;
  result.iterations = static_cast<benchmark::IterationCount>(runs.size());
  // Its reporter divides by the iterations, of times though not of percentages.
  const bool divided = statistic.unit_ != benchmark::kPercentage;
  const double factor = divided ? static_cast<double>(runs.size()) : 1;
  result.real_accumulated_time = statistic.compute_(real) * factor;
  result.cpu_accumulated_time = statistic.compute_(cpu) * factor;
  return result;
}

}  // namespace

void RowReporter::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    if (run.error_occurred) continue;
    if (statistics_.empty()) statistics_ = *run.statistics;
    runs_[run.run_name.function_name].push_back(run);
  }
}

std::vector<std::string> RowReporter::rows(const std::string& cell, std::int64_t family) const {
  const auto found = runs_.find(cell);
  if (found == runs_.end()) return {};
  std::vector<Run> all = found->second;
  std::int64_t index = 0;
  for (Run& run : all) {
    run.run_name = {};
    run.run_name.function_name = cell;
    run.family_index = family;
    run.per_family_instance_index = 0;
    run.repetitions = static_cast<std::int64_t>(found->second.size());
    run.repetition_index = index++;
  }
  if (found->second.size() > 1) {
    const std::vector<Run> repetitions = all;
    for (const auto& statistic : statistics_) all.push_back(aggregate(repetitions, statistic));
  }
  all.erase(std::remove_if(all.begin(), all.end(), is_unprintable), all.end());
  std::vector<std::string> rows;
  const auto document = report(all);
  for (const auto& row : document["benchmarks"]) rows.push_back(row.dump());
  return rows;
}

nlohmann::ordered_json error_row(const std::string& name, const std::string& message) {
  benchmark::BenchmarkReporter::Run run;
  run.run_name.function_name = name;
  run.family_index = 0;
  run.per_family_instance_index = 0;
  run.repetitions = 1;
  run.repetition_index = 0;
  run.error_occurred = true;
  run.error_message = message;
  return report({run})["benchmarks"].at(0);
}

nlohmann::ordered_json benchmark_context() { return report({})["context"]; }

}  // namespace rb
