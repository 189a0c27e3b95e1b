// How often whole series of rounds are right, with made-up noise of fixed seeds: the
// interval alone, and together with the rule that ends rounds once it is narrow.
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "harness/schedule/round_rules.h"
#include "harness/statistics/comparison.h"

namespace {

constexpr double kConfidence = 0.99;
constexpr double kPrecision = 0.02;
constexpr std::size_t kRuns = 2000;

/// What the times of restarts on a shared machine look like.
struct Noise {
  double own = 0.05;     ///< standard deviation of each turn's logarithm
  double shared = 0.20;  ///< ... of what disturbs all turns of a round alike
  double spikes = 0.05;  ///< share of turns that take three times as long
  double drift = 0;      ///< from the first of 100 rounds to the last
};

struct Outcome {
  rb::Comparison comparison;
  rb::StoppedBy stopped_by;
};

Outcome run(std::uint64_t seed, double ratio, const Noise& noise) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  std::vector<double> first;
  std::vector<double> second;
  rb::StopRule rule({0, 20, 400});
  for (std::size_t rounds = 1;; ++rounds) {
    const double level = std::exp(noise.shared * normal(random)) *
                         (1 + noise.drift * static_cast<double>(rounds) / 100);
    const auto turn = [&] {
      return level * std::exp(noise.own * normal(random)) *
             (uniform(random) < noise.spikes ? 3 : 1);
    };
    first.push_back(turn());
    second.push_back(turn() * ratio);
    const auto found = [&] { return *rb::compare(second, first, kConfidence); };
    const auto stopped = rule.after(rounds, static_cast<double>(rounds), [&] {
      return rb::relative_half_width(found().ratio, found().interval) <= kPrecision;
    });
    if (stopped) return {found(), *stopped};
  }
}

struct Counts {
  std::size_t wrong = 0;     ///< intervals without the true ratio
  std::size_t resolved = 0;  ///< a difference was found
  std::size_t precise = 0;   ///< ended by precision
};

Counts count(double ratio, const Noise& noise) {
  Counts counts;
  for (std::uint64_t seed = 0; seed < kRuns; ++seed) {
    const Outcome outcome = run(seed, ratio, noise);
    const auto& interval = *outcome.comparison.interval;
    counts.wrong += interval.low > ratio || interval.high < ratio;
    counts.resolved += outcome.comparison.verdict != rb::Verdict::kUnresolved;
    counts.precise += outcome.stopped_by == rb::StoppedBy::kPrecision;
  }
  return counts;
}

}  // namespace

TEST_CASE("an interval of a fixed number of rounds is wrong as seldom as it says") {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> skewed(0, 0.5);
  for (const std::size_t rounds : {8u, 20u, 41u, 100u}) {
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < 10 * kRuns; ++i) {
      std::vector<double> values(rounds);
      for (double& value : values) value = skewed(random);
      const auto interval = *rb::median_interval(values, kConfidence);
      wrong += interval.low > 1 || interval.high < 1;
    }
    CAPTURE(rounds, wrong);
    CHECK(wrong <= 240);  // 200 expected at most, with a deviation of 14
    CHECK(wrong >= 40);   // and it is not wider than it need be
  }
}

TEST_CASE("a strategy compared with itself is not called different") {
  const auto noise = GENERATE(Noise{}, Noise{0.02, 0.2, 0.0, 0}, Noise{0.1, 0.3, 0.1, 0},
                              Noise{0.05, 0.2, 0.05, 1.0});
  const Counts counts = count(1, noise);
  CAPTURE(noise.own, noise.drift, counts.wrong, counts.precise);
  // Looking several times costs something; 20 of 2,000 would be the error without it.
  CHECK(counts.resolved <= 2 * kRuns / 100);
  CHECK(counts.resolved == counts.wrong);
}

TEST_CASE("a difference of 3 % is found") {
  const Counts slower = count(1.03, Noise{0.02, 0.2, 0.02, 0});
  const Counts faster = count(1 / 1.03, Noise{0.02, 0.2, 0.02, 0});
  CAPTURE(slower.resolved, faster.resolved, slower.wrong, slower.precise);
  CHECK(slower.resolved >= kRuns * 95 / 100);
  CHECK(faster.resolved >= kRuns * 95 / 100);
  CHECK(slower.wrong <= 2 * kRuns / 100);
}
