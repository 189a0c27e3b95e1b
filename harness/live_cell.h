// A cell that is being measured: a strategy made ready for one image.
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <memory>
#include <random>
#include <vector>

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

  /// Seconds of restarting in a repetition: options.min_time_s, or less where
  /// destroying the trees would make the repetition longer than max_time_s.
  [[nodiscard]] double min_time_s() const noexcept { return min_time_s_; }

  /// A repetition, or an attempt to find out how many iterations one needs: the
  /// function that Google Benchmark calls.
  void repeat(benchmark::State& state);

  /// Takes over the results: the last `repetitions` calls of repeat() are those
  /// that counted, the ones before were attempts.
  void conclude(std::size_t repetitions);

 private:
  void place_ballast();
  [[nodiscard]] bool try_once(bool verify);
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
  double min_time_s_;
  std::vector<Repetition> batches_;  ///< one a call of repeat()
};

}  // namespace rb
