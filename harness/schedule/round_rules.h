// How large a round is, and when there have been enough.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

namespace rb {

/// Why no further round was begun.
enum class StoppedBy {
  kPrecision,    ///< Every interval was as narrow as asked for.
  kTime,         ///< The time for it was over.
  kRepetitions,  ///< As many as asked for were done.
  kFailure,      ///< No cell was left to be timed.
};

/// "precision", "time", "repetitions", "failure".
[[nodiscard]] std::string_view stopped_by_name(StoppedBy reason);

struct RoundRules {
  std::size_t exactly = 0;                ///< rounds; 0: as many as it takes
  std::size_t least = 0;                  ///< rounds before precision may end it
  double time_ns = 0;                     ///< for all rounds together
  std::size_t always = 5;                 ///< rounds that are made whatever the time
  std::size_t least_restarts = 1;         ///< in one turn, if the time is enough for them
  std::size_t most_restarts = 1'000'000;  ///< in one turn
};

/// What one restart of each strategy takes.
struct RoundCost {
  double slowest_ns = 0;  ///< the slowest of the restarts
  double all_ns = 0;      ///< all of them, with what comes before and after each
};

/// How often each strategy is restarted in its turn of a round: alike for all, since
/// the median of an odd and of an even number of skewed values are not the same. Often
/// enough for the slowest to be timed for `turn_ns`, and `least_restarts`; no more than the time
/// allows for the least number of rounds; more than that if there were over 1,000 rounds; never
/// more than `most_restarts`.
[[nodiscard]] std::size_t restarts_in_turn(const RoundRules& rules, const RoundCost& cost,
                                           double turn_ns);

/// Decides after each round. Whether the intervals are narrow enough is asked at the
/// least number of rounds and then at every fourth part more: each further look is one
/// more chance to stop at a moment that is narrow by accident (Chow and Robbins, On the
/// Asymptotic Theory of Fixed-Width Sequential Confidence Intervals for the Mean, 1965).
class StopRule {
 public:
  explicit StopRule(const RoundRules& rules) : rules_(rules), next_look_(rules.least) {}

  /// @param rounds  that are complete, 1 or more
  /// @param narrow  whether every interval is as narrow as asked for
  /// @return nothing: go on
  [[nodiscard]] std::optional<StoppedBy> after(std::size_t rounds, double elapsed_ns,
                                               const std::function<bool()>& narrow);

 private:
  RoundRules rules_;
  std::size_t next_look_;
};

}  // namespace rb
