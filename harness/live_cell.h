// A cell that is being measured: a strategy made ready for one image.
#pragma once

#include <benchmark/benchmark.h>

#include <memory>
#include <random>

#include "harness/parts.h"
#include "harness/results.h"
#include "harness/trial.h"

namespace rb {

/// Runs a cell's trials and keeps what they gave. The result outlives it.
class LiveCell {
 public:
  LiveCell(const Parts& parts, const Image& image, const RunOptions& options, TimeSource& time,
           CellResult& result);

  /// Prepares the strategy, verifies a restart if asked, and tries one more to
  /// see how a trial's time divides. False: the cell has its final state, with
  /// the reason, and cannot be timed.
  [[nodiscard]] bool make_ready();

  /// What a trial takes: the restart, and all of it.
  struct Cost {
    double restart_ns = 0;
    double trial_ns = 0;
  };
  [[nodiscard]] Cost cost() const noexcept { return cost_; }

  [[nodiscard]] CellResult& result() noexcept { return result_; }

  /// A turn in a round: the function that Google Benchmark calls.
  void take_turn(benchmark::State& state);

  /// Adds the turn to the results: the round is complete.
  void keep_turn();

  /// All rounds are done.
  void conclude() noexcept { result_.state = CellState::kTimed; }

  /// A signal came before all rounds were done.
  void interrupt() { refuse({}); }

 private:
  void place_ballast();
  [[nodiscard]] bool try_once(bool verify);
  [[nodiscard]] TrialResult<Restarted> restart_undisturbed();
  void refuse(TrialError error);

  const Parts& parts_;
  const Image& image_;
  const RunOptions& options_;
  TimeSource& time_;
  CellResult& result_;
  StageClock clock_;
  std::mt19937_64 random_;
  std::unique_ptr<Restarter> restarter_;
  std::unique_ptr<Restarter> ballast_restarter_;
  std::unique_ptr<Tree> ballast_;
  Cost cost_;
  Repetition turn_;  ///< the last one
};

}  // namespace rb
