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

/// It prints NaN, which JSON has not, for the variation of times that are zero.
bool is_printable(const benchmark::BenchmarkReporter::Run& run) {
  return std::isfinite(run.real_accumulated_time) && std::isfinite(run.cpu_accumulated_time);
}

}  // namespace

void RowReporter::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    const std::string& name = run.run_name.function_name;
    const auto cell = std::find_if(group_.cells.begin(), group_.cells.end(),
                                   [&](const CellResult& each) { return each.name == name; });
    RB_ASSERT(cell != group_.cells.end());
    if (!is_printable(run)) continue;
    Run named = run;
    named.run_name = {};
    named.run_name.function_name = name;
    cell->rows.push_back(report({named})["benchmarks"].at(0).dump());
  }
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
