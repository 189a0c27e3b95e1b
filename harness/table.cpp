#include "harness/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "harness/format.h"
#include "harness/summary.h"
#include "harness/verify_mode.h"

namespace rb {
namespace {

constexpr std::string_view kReferenceName = "bare";
constexpr std::string_view kReferenceMark = " (ref)";

std::string shown_name(const Strategy& strategy) {
  std::string name = strategy.name;
  if (strategy.kind == StrategyKind::kReference) name += kReferenceMark;
  return name;
}

std::optional<double> median_of(const GroupResult& group, std::string_view strategy) {
  for (const CellResult& cell : group.cells) {
    if (cell.strategy->name == strategy) return median_ns(cell);
  }
  return std::nullopt;
}

std::optional<double> ratio(std::optional<double> a, std::optional<double> b) {
  if (!a || !b || *b == 0) return std::nullopt;
  return *a / *b;
}

/// What stands in place of a time.
std::string_view word_for(CellState state) {
  switch (state) {
    case CellState::kTimed:
      return "";
    case CellState::kFailed:
      return "FAILED";
    case CellState::kUnsupported:
      return "unsupported";
    case CellState::kInterrupted:
      return "interrupted";
  }
  return "";
}

}  // namespace

Table::Table(std::ostream& out, const std::vector<Group>& matrix, VerifyMode verify,
             bool instructions)
    : out_(out),
      verify_(verify),
      scale_(instructions ? Scale::kInstructions : Scale::kTime),
      source_width_(8),
      strategy_width_(8) {
  for (const Group& group : matrix) {
    source_width_ = std::max(source_width_, group.source.name.size());
    for (const Strategy* strategy : group.strategies) {
      strategy_width_ = std::max(strategy_width_, shown_name(*strategy).size());
    }
  }
}

void Table::print_header() {
  if (scale_ == Scale::kInstructions) {
    out_ << "Numbers are instructions, of tasks and kernel, in an emulated machine, not times; "
            "k, M, G: 10^3, 10^6, 10^9\n\n";
  }
  out_ << fmt::format("{:<{}}  {:<{}}  {:>8}  {:>11}  {:>7}  {:>9}  {:>8}  {:>7}  {}\n", "workload",
                      source_width_, "strategy", strategy_width_, "tasks",
                      "median", "spread",
                      "per task", "vs first", "vs bare", "verified");
  header_printed_ = true;
}

std::string Table::verified_mark(const CellResult& cell) {
  if (!cell.verifiable) {
    unverifiable_ = true;
    return "-";
  }
  verifiable_ = true;
  return verify_ == VerifyMode::kNone ? "NO" : std::string(verify_mode_name(verify_));
}

void Table::print_cell(const GroupResult& group, const CellResult& cell, bool first) {
  reference_ |= cell.strategy->kind == StrategyKind::kReference;
  const std::string start = fmt::format("{:<{}}  {:<{}}  {:>8}", first ? group.source.name : "",
                                        source_width_, shown_name(*cell.strategy), strategy_width_,
                                        group.tasks > 0 ? format_count(group.tasks) : "-");
  const auto median = median_ns(cell);
  if (!median) {
    out_ << fmt::format("{}  {:>11}\n", start, word_for(cell.state));
    if (cell.state != CellState::kInterrupted) out_ << "    " << describe(*cell.error) << '\n';
    for (const std::string& difference : cell.differences) out_ << "    - " << difference << '\n';
    return;
  }
  timed_ = true;
  const auto tasks = static_cast<double>(std::max<std::size_t>(group.tasks, 1));
  out_ << fmt::format(
      "{}  {:>11}  {:>7}  {:>9}  {:>8}  {:>7}  {}\n", start, format_amount(*median, scale_),
      format_deviation(median_absolute_deviation(totals_ns(cell)), *median, scale_),
      format_amount(*median / tasks, scale_),
      format_ratio(ratio(median, median_ns(group.cells.front()))),
      format_ratio(ratio(median, median_of(group, kReferenceName))), verified_mark(cell));
}

void Table::print(const GroupResult& group) {
  if (!header_printed_) print_header();
  for (const CellResult& cell : group.cells) print_cell(group, cell, &cell == &group.cells.front());
  out_ << std::flush;
}

void Table::print_legend() {
  if (timed_) {
    out_ << "\nmedian    of all timed restarts of the row; spread: their median absolute "
            "deviation,\n"
            "          in the same unit; vs: ratio of medians to the image's first row, to bare\n";
  }
  if (verifiable_) out_ << "verified  " << verify_mode_meaning(verify_) << '\n';
  if (unverifiable_) out_ << "-         makes no tree that could be verified\n";
  if (reference_) out_ << "(ref)     a reference, not a restart: a limit to compare with\n";
  out_ << std::flush;
}

}  // namespace rb
