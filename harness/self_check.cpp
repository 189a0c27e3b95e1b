#include "harness/self_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/counting.h"
#include "harness/exit_code.h"
#include "harness/format.h"
#include "harness/runner.h"
#include "harness/statistics/summary.h"

namespace rb {
namespace {

struct Tally {
  int tries = 0;
  int faster = 0;
  int slower = 0;
  int above = 0;  ///< ratios above 1: half of them, if being the second makes no difference
  std::vector<double> ratios;

  void add(const Comparison& found) {
    ++tries;
    faster += found.verdict == Verdict::kFaster;
    slower += found.verdict == Verdict::kSlower;
    above += found.ratio > 1;
    ratios.push_back(found.ratio);
  }
  [[nodiscard]] std::string ratios_text() const {
    const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
    return fmt::format("{} to {}, median {:.4f}, {} above 1", format_compared(*least),
                       format_compared(*most), median(ratios), above);
  }
  /// 95 of 100 tries.
  [[nodiscard]] bool ok() const { return 20 * (faster + slower) <= tries; }
};

/// Why there is no comparison.
Error reason(const GroupResult& group) {
  for (const CellResult& cell : group.cells) {
    if (cell.error) return *cell.error;
  }
  return {ErrorKind::kRestart, "nothing was timed", {}};
}

}  // namespace

Result<int> self_check(const std::vector<Group>& matrix, const RunOptions& options,
                       const Parts& parts, TimeSource& time, const Streams& streams) {
  const Counting nothing_counted;  // what is compared is times
  bool ok = true;
  for (const Group& group : matrix) {
    for (const Strategy* strategy : group.strategies) {
      const std::string name = cell_name(group.source, *strategy);
      const std::vector<Group> twice = {{group.source, {strategy, strategy}}};
      Progress progress(streams.progress, static_cast<std::size_t>(options.self_check),
                        "tries done");
      Tally tally;
      RunOptions one_try = options;
      while (tally.tries < options.self_check) {
        ++one_try.seed;
        const RunResult run = run_matrix(twice, one_try, parts, nothing_counted, time, progress,
                                         [](const RunResult&) {});
        if (run.signal != 0) return kExitSignal + run.signal;
        const GroupResult& result = run.groups.front();
        if (!result.cells.back().vs_first) return tl::unexpected(reason(result));
        tally.add(*result.cells.back().vs_first);
      }
      streams.out << fmt::format(
          "{}: no difference from itself resolved in {} of {} tries ({} faster, {} slower); ratios "
          "{}{}\n",
          name, tally.tries - tally.faster - tally.slower, tally.tries, tally.faster, tally.slower,
          tally.ratios_text(), tally.ok() ? "" : ": FAILED");
      ok &= tally.ok();
    }
  }
  return ok ? kExitOk : kExitFailed;
}

}  // namespace rb
