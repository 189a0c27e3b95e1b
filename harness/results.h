// The model of a run's results: values that reporters read.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "harness/counters/counted.h"
#include "harness/ledger/ledger.h"
#include "harness/matrix.h"
#include "harness/objects/model.h"
#include "harness/options.h"
#include "harness/schedule/round_rules.h"
#include "harness/statistics/comparison.h"
#include "strategies/stage.h"

namespace rb {

/// One timed restart.
struct Sample {
  std::uint64_t total_ns = 0;
  std::array<std::uint64_t, kStageCount> stages_ns{};
};

/// Timed restarts in a row, a cell's turn in one round, and how many of them were
/// verified.
struct Repetition {
  std::vector<Sample> samples;
  std::size_t verified = 0;
};

enum class CellState {
  kTimed,        ///< Has a time; as far as asked for, it was verified.
  kFailed,       ///< A restart failed or was wrong: no time.
  kUnsupported,  ///< The strategy or the machine cannot do it: no time.
  kInterrupted,  ///< A signal came before it was done: no time.
};

struct CellResult {
  std::string name;
  const Strategy* strategy = nullptr;
  CellState state = CellState::kInterrupted;
  std::optional<Error> error;            ///< unless timed
  std::vector<std::string> differences;  ///< from the image, if that was the error

  bool verifiable = false;              ///< kRestoresTree
  std::size_t verified_before = 0;      ///< restarts verified before timing
  std::vector<Repetition> repetitions;  ///< one a round, the same rounds in all cells of an image
  std::optional<Comparison> vs_first;   ///< with the image's first cell, if both are timed
  std::optional<ObjectCounts> objects;  ///< of one restart, where the strategy counts them
  std::optional<CountedRestarts> counted;  ///< if asked for
  std::optional<Ledger> ledger;            ///< if asked for
  std::optional<Prediction> prediction;    ///< its time by the costs of objects
  std::vector<std::string> rows;           ///< Google Benchmark's, each a JSON object
};

struct GroupResult {
  ImageSource source;
  std::size_t tasks = 0;  ///< 0 if there was no image
  std::vector<CellResult> cells;
  std::optional<double> resident{};  ///< share of the image that was in memory when timing began
  std::optional<double> others{};    ///< share of the CPUs that others used meanwhile
  std::optional<StoppedBy> stopped_by{};  ///< why there were no more rounds, if any
  bool pairs_of_restarts = false;  ///< what is compared: single restarts, or medians of rounds
};

struct RunResult {
  std::vector<GroupResult> groups;
  int signal = 0;               ///< that interrupted the run
  std::size_t comparisons = 0;  ///< of all images, done or not: what the intervals allow for
};

/// Median time of all timed restarts, ns; nothing unless timed.
[[nodiscard]] std::optional<double> median_ns(const CellResult& cell);

/// The times that are compared with those of the group's other cells, ns: the median of
/// each round; or all restarts, if a clock that does not drift needs no rounds.
[[nodiscard]] std::vector<double> compared_ns(const GroupResult& group, const CellResult& cell);

/// By how much a cell's median moves in a guest that is built or booted differently: a guest
/// repeats itself, so that the interval of its samples does not show it. As measured:
/// docs/virtual-machine.md.
inline constexpr double kGuestsDiffer = 0.003;

/// Compares two cells of a group, pair by pair of compared_ns(); what one has more is left out.
/// Where instructions are counted, a difference within kGuestsDiffer is none.
/// @param confidence  of the interval
/// @return nothing if there is no pair
[[nodiscard]] std::optional<Comparison> compare_cells(const GroupResult& group,
                                                      const CellResult& cell,
                                                      const CellResult& baseline,
                                                      double confidence);

/// All timed restarts of a cell, ns, in order.
[[nodiscard]] std::vector<double> totals_ns(const CellResult& cell);

/// What the program ends with: 128 + the signal; 1 if a cell failed; 0 if a cell
/// was timed. If none was: 77 if all of them lacked something, else 0 if the
/// strategies were named (the answer is that they do not support it), else 1.
[[nodiscard]] int exit_code_of(const RunResult& run, bool strategies_named);

}  // namespace rb
