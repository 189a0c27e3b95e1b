#include "harness/sections.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/counters/passes.h"
#include "harness/format.h"
#include "harness/ledger/report.h"
#include "harness/statistics/summary.h"
#include "harness/text_table.h"

namespace rb {
namespace {

/// Calls `row` for each cell with a time, and the name of its image where it is its first.
template <class Row>
void for_timed_cells(const RunResult& run, Row row) {
  for (const GroupResult& group : run.groups) {
    std::string source = group.source.name;
    for (const CellResult& cell : group.cells) {
      if (cell.state != CellState::kTimed) continue;
      row(std::exchange(source, ""), cell);
    }
  }
}

std::vector<std::string> start_of_row(std::string source, const CellResult& cell) {
  return {std::move(source), cell.strategy->name};
}

double stage_median(const CellResult& cell, std::size_t stage) {
  std::vector<double> times;
  for (const Repetition& repetition : cell.repetitions) {
    for (const Sample& sample : repetition.samples) {
      times.push_back(static_cast<double>(sample.stages_ns[stage]));
    }
  }
  return median(std::move(times));
}

/// The work of all tasks in a stage, and how much of all work that is: "12.1 us 34%".
std::string stage_text(double time, double sum, Scale scale) {
  if (time == 0) return "-";
  return fmt::format("{} {:>3.0f}%", format_amount(time, scale), sum > 0 ? 100 * time / sum : 0);
}

std::string count_text(const EventCounts& event) {
  if (!event.counts) return "unsupported";
  return format_count(middle(*event.counts));
}

/// What a machine cannot count, once and not for each cell.
void print_reasons(std::ostream& out, const RunResult& run) {
  std::vector<std::string> said;
  for_timed_cells(run, [&](const std::string&, const CellResult& cell) {
    if (!cell.counted) return;
    for (const EventCounts& event : cell.counted->events) {
      if (event.counts) continue;
      const std::string reason = describe(event.counts.error());
      if (std::find(said.begin(), said.end(), reason) != said.end()) continue;
      out << fmt::format("{:<9} {}\n", said.empty() ? "unsupp." : "", reason);
      said.push_back(reason);
    }
  });
}

}  // namespace

void print_stages(std::ostream& out, const RunResult& run, Scale scale) {
  TextTable table(2);
  std::vector<std::string> header = {"stages", "strategy"};
  for (std::size_t stage = 0; stage < kStageCount; ++stage) {
    header.emplace_back(stage_name(static_cast<Stage>(stage)));
  }
  header.emplace_back("sum vs total");
  table.add(header);
  for_timed_cells(run, [&](std::string source, const CellResult& cell) {
    std::vector<std::string> row = start_of_row(std::move(source), cell);
    std::array<double, kStageCount> medians{};
    double sum = 0;
    for (std::size_t stage = 0; stage < kStageCount; ++stage) {
      sum += medians[stage] = stage_median(cell, stage);
    }
    for (const double time : medians) row.push_back(stage_text(time, sum, scale));
    const double total = *median_ns(cell);
    row.push_back(format_ratio(total > 0 ? std::optional(sum / total) : std::nullopt));
    table.add(std::move(row));
  });
  out << '\n';
  table.print(out);
  out << "\nstages    median work in a stage, summed over all tasks, and its share of all work;\n"
         "          sum vs total: above 1 where tasks work in parallel\n";
}

void print_counters(std::ostream& out, const RunResult& run) {
  TextTable table(2);
  for_timed_cells(run, [&](std::string source, const CellResult& cell) {
    if (!cell.counted) return;
    if (table.empty()) {
      std::vector<std::string> header = {"counters", "strategy"};
      for (const EventCounts& event : cell.counted->events) header.push_back(event.name);
      header.emplace_back("cost");
      table.add(std::move(header));
    }
    std::vector<std::string> row = start_of_row(std::move(source), cell);
    for (const EventCounts& event : cell.counted->events) row.push_back(count_text(event));
    row.push_back(format_ratio(counting_cost(*cell.counted)));
    table.add(std::move(row));
  });
  if (table.empty()) return;
  out << '\n';
  table.print(out);
  out << fmt::format(
      "\ncounters  of one restart, all tasks together: the median of {}, none of them timed;\n"
      "          cost: how many times as long a restart takes that is counted\n",
      kRestartsPerPass);
  print_reasons(out, run);
}

void print_ledgers(std::ostream& out, const RunResult& run) {
  std::vector<LedgerEntry> entries;
  for (const GroupResult& group : run.groups) {
    for (const CellResult& cell : group.cells) {
      if (cell.state != CellState::kTimed || !cell.ledger) continue;
      entries.push_back({group.source.name, cell.strategy->name, &*cell.ledger});
    }
  }
  print_ledger(out, entries);
}

void print_model(std::ostream& out, const RunResult& run, Scale scale) {
  constexpr std::size_t kShownTerms = 3;
  TextTable table(2);
  table.add({"model", "strategy", "predicted", "measured", "unexplained", "largest terms"});
  for_timed_cells(run, [&](std::string source, const CellResult& cell) {
    std::vector<std::string> row = start_of_row(std::move(source), cell);
    const double measured = *median_ns(cell);
    if (!cell.prediction) {
      row.insert(row.end(), {"unsupported", format_amount(measured, scale), "-", ""});
      table.add(std::move(row));
      return;
    }
    const double predicted = cell.prediction->total;
    row.push_back(format_amount(std::max(0.0, predicted), scale));
    row.push_back(format_amount(measured, scale));
    row.push_back(measured > 0 ? fmt::format("{:.0f}%", 100 * (measured - predicted) / measured)
                               : "-");
    std::vector<Term> terms = cell.prediction->terms;
    std::sort(terms.begin(), terms.end(),
              [](const Term& a, const Term& b) { return a.count * a.each > b.count * b.each; });
    if (terms.size() > kShownTerms) terms.resize(kShownTerms);
    std::string text;
    for (const Term& term : terms) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", term.what,
                          format_amount(std::max(0.0, term.count * term.each), scale));
    }
    row.push_back(text);
    table.add(std::move(row));
  });
  out << '\n';
  table.print(out);
  out << "\nmodel     the sum of what each object costs by itself, times the ledger; unexplained:\n"
         "          what is measured beyond that, below 0 where tasks work in parallel, or "
         "objects\n"
         "          are made more cheaply than by the system calls that the costs are of\n";
}

void print_sections(std::ostream& out, const RunResult& run, const RunOptions& options) {
  const bool instructions = options.clock == ClockKind::kInstructions;
  if (options.stages) {
    print_stages(out, run, instructions ? Scale::kInstructions : Scale::kTime);
  }
  if (!options.counters.empty()) print_counters(out, run);
  if (options.ledger) print_ledgers(out, run);
  if (!options.costs.empty()) {
    print_model(out, run, instructions ? Scale::kInstructions : Scale::kTime);
  }
  out << std::flush;
}

}  // namespace rb
