#include "harness/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "harness/format.h"
#include "harness/group_comparison.h"
#include "harness/statistics/summary.h"
#include "harness/verify_mode.h"

namespace rb {
namespace {

constexpr std::string_view kReferenceName = "bare";
constexpr std::string_view kReferenceMark = " (ref)";
constexpr std::string_view kPeerMark = " (peer)";

/// Longer names of images have a line to themselves: with the longest name of a
/// strategy, a row has 120 columns.
constexpr std::size_t kSourceWidth = 19;
constexpr std::size_t kLineWidth = 100;

std::string shown_name(const Strategy& strategy) {
  std::string name = strategy.name;
  if (strategy.kind == StrategyKind::kReference) name += kReferenceMark;
  if (strategy.kind == StrategyKind::kPeer) name += kPeerMark;
  return name;
}

/// Median ratio of the pairs with the reference, of which there need not be one.
std::optional<double> vs_reference(const GroupResult& group, const CellResult& cell) {
  for (const CellResult& other : group.cells) {
    if (other.strategy->name != kReferenceName || other.state != CellState::kTimed) continue;
    const auto found = compare_cells(group, cell, other, kRunConfidence);
    if (found) return found->ratio;
  }
  return std::nullopt;
}

char mark_of(const Comparison& comparison) {
  if (!comparison.interval) return '?';
  switch (comparison.verdict) {
    case Verdict::kFaster:
      return '<';
    case Verdict::kSlower:
      return '>';
    case Verdict::kUnresolved:
      break;
  }
  return '~';
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
    const std::size_t width = group.source.name.size();
    if (width <= kSourceWidth) source_width_ = std::max(source_width_, width);
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
  out_ << fmt::format("{:<{}}  {:<{}}  {:>6}  {:>8}  {:>6}  {:>8}  {:<22}  {:>7}  {}\n", "workload",
                      source_width_, "strategy", strategy_width_, "tasks", "median", "spread",
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

std::string Table::vs_first(const GroupResult& group, const CellResult& cell) {
  if (&cell == &group.cells.front()) return format_ratio(1);
  if (!cell.vs_first) return format_ratio({});
  compared_ = true;
  const Comparison& found = *cell.vs_first;
  std::string text = fmt::format("{} {}", format_compared(found.ratio), mark_of(found));
  if (found.interval) {
    text += fmt::format(" {}-{}", format_compared(found.interval->low),
                        format_compared(found.interval->high));
  }
  return text;
}

void Table::print_cell(const GroupResult& group, const CellResult& cell, bool first) {
  reference_ |= cell.strategy->kind == StrategyKind::kReference;
  peer_ |= cell.strategy->kind == StrategyKind::kPeer;
  const bool named = first && group.source.name.size() <= source_width_;
  if (first && !named) out_ << group.source.name << '\n';
  const std::string start = fmt::format("{:<{}}  {:<{}}  {:>6}", named ? group.source.name : "",
                                        source_width_, shown_name(*cell.strategy), strategy_width_,
                                        group.tasks > 0 ? format_count(group.tasks) : "-");
  const auto median = median_ns(cell);
  if (!median) {
    out_ << fmt::format("{}  {:>8}\n", start, word_for(cell.state));
    if (cell.state != CellState::kInterrupted) out_ << "    " << describe(*cell.error) << '\n';
    for (const std::string& difference : cell.differences) out_ << "    - " << difference << '\n';
    return;
  }
  timed_ = true;
  if (cell.strategy->kind == StrategyKind::kPeer) {
    if (const std::string ratios = peer_ratios(group, cell); !ratios.empty()) {
      peer_lines_.push_back(
          fmt::format("{} {}:{}", group.source.name, cell.strategy->name, ratios));
    }
  }
  const auto tasks = static_cast<double>(std::max<std::size_t>(group.tasks, 1));
  out_ << fmt::format("{}  {:>8}  {:>6}  {:>8}  {:<22}  {:>7}  {}\n", start,
                      format_amount(*median, scale_),
                      format_deviation(median_absolute_deviation(totals_ns(cell)), *median, scale_),
                      format_amount(*median / tasks, scale_), vs_first(group, cell),
                      format_ratio(vs_reference(group, cell)), verified_mark(cell));
}

void Table::print(const GroupResult& group) {
  if (!header_printed_) print_header();
  for (const CellResult& cell : group.cells) {
    print_cell(group, cell, &cell == &group.cells.front());
    const bool counted =
        group.pairs_of_restarts || (!rounds_.empty() && rounds_.back().image == group.source.name);
    if (cell.state == CellState::kTimed && group.stopped_by && !counted) {
      rounds_.push_back({group.source.name, cell.repetitions.size(), *group.stopped_by});
    }
  }
  out_ << std::flush;
}

void Table::print_rounds(StoppedBy reason, std::string_view meaning) {
  std::string line = fmt::format("rounds    {}:", meaning);
  bool any = false;
  for (const Rounds& rounds : rounds_) {
    if (rounds.stopped_by != reason) continue;
    const std::string text = fmt::format("{} {} {}", any ? "," : "", rounds.image, rounds.count);
    any = true;
    if (line.size() + text.size() > kLineWidth) {
      out_ << line << (text.front() == ',' ? ",\n" : "\n");
      line = std::string(10, ' ') + text.substr(text.find(' ') + 1);
    } else {
      line += text;
    }
  }
  if (any) out_ << line << '\n';
}

/// How many times as long as each strategy's restart a peer's takes: the median of the one over
/// the median of the other, as peers may have few restarts.
std::string Table::peer_ratios(const GroupResult& group, const CellResult& peer) {
  std::string text;
  for (const CellResult& cell : group.cells) {
    if (cell.strategy->kind != StrategyKind::kRestart) continue;
    const auto median = median_ns(cell);
    if (!median || *median <= 0) continue;
    const double ratio = *median_ns(peer) / *median;
    text += fmt::format("{} {:.{}f} x {}", text.empty() ? "" : ",", ratio, ratio < 10 ? 1 : 0,
                        cell.strategy->name);
  }
  return text;
}

void Table::print_peers() {
  if (!peer_) return;
  out_ << "(peer)    another program, from its start as a process to its end, with the tree "
          "running: docs/peers.md\n";
  for (const std::string& line : peer_lines_) out_ << "          " << line << '\n';
}

void Table::print_legend() {
  if (timed_) {
    out_ << "\nmedian    of all timed restarts of the row; spread: their median absolute "
            "deviation,\n"
            "          in the same unit; vs: median ratio of rounds, to the image's first row, to "
            "bare\n";
  }
  if (compared_) {
    out_ << fmt::format(
        "vs first  < faster, > slower, ~ no difference resolved, ? too few pairs; with the "
        "interval of the\n"
        "          ratio: {:.0f} % confidence for all of the run together\n",
        kRunConfidence * 100);
  }
  print_rounds(StoppedBy::kPrecision, "until precise enough");
  print_rounds(StoppedBy::kTime, "until the time was over (--max-time)");
  print_rounds(StoppedBy::kRepetitions, "as many as asked for");
  if (verifiable_) out_ << "verified  " << verify_mode_meaning(verify_) << '\n';
  if (unverifiable_) out_ << "-         makes no tree that could be verified\n";
  print_peers();
  if (reference_) out_ << "(ref)     a reference, not a restart: a limit to compare with\n";
  out_ << std::flush;
}

}  // namespace rb
