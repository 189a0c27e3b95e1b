#include "harness/statistics/trend.h"

#include <catch2/catch.hpp>
#include <random>

namespace {

std::vector<double> noisy(std::size_t count, double change, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise(0, 0.02);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) {
    const double along = static_cast<double>(i) / static_cast<double>(count - 1);
    values.push_back(100 * (1 + change * along + noise(random)));
  }
  return values;
}

}  // namespace

TEST_CASE("the probability is that of the test of Mann and Kendall") {
  // Ten rising values: S = 45, variance 125, z = 44 / 11.18.
  const auto found = rb::trend({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  CHECK(found.probability == Approx(8.30e-5).epsilon(0.01));
  CHECK(found.change == Approx(9 / 5.5));
}

TEST_CASE("a drift is found with its size, in long series too") {
  for (const std::size_t count : {50u, 1000u}) {
    const auto found = rb::trend(noisy(count, 0.10, 1));
    CHECK(found.probability < 1e-6);
    CHECK(found.change == Approx(0.10 / 1.05).epsilon(0.2));
    CHECK(rb::trend(noisy(count, -0.10, 1)).change < -0.08);
  }
}

TEST_CASE("values without a drift rarely seem to have one") {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    found += rb::trend(noisy(40, 0, seed)).probability < 0.01;
  }
  CHECK(found <= 20);  // 10 expected
  CHECK(found >= 3);
}

TEST_CASE("equal and few values have no trend") {
  CHECK(rb::trend(std::vector<double>(30, 5)).probability == 1);
  CHECK(rb::trend({1, 2, 3}).probability == 1);
}
