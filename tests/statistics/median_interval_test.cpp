#include "harness/statistics/median_interval.h"

#include <catch2/catch.hpp>
#include <numeric>

namespace {

/// The places, from 1, of the ends of the interval among so many values.
std::pair<double, double> places(std::size_t count, double confidence) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), 1);
  std::reverse(values.begin(), values.end());
  const auto found = rb::median_interval(values, confidence);
  return found ? std::pair(found->low, found->high) : std::pair(0.0, 0.0);
}

}  // namespace

TEST_CASE("the interval has the places that tables give") {
  // Sums of binomial coefficients, in whole numbers (Python's math.comb).
  const auto [count, at95, at99] =
      GENERATE(table<std::size_t, std::pair<double, double>, std::pair<double, double>>(
          {{6, {1, 6}, {0, 0}},
           {8, {1, 8}, {1, 8}},
           {10, {2, 9}, {1, 10}},
           {20, {6, 15}, {4, 17}},
           {30, {10, 21}, {8, 23}},
           {50, {18, 33}, {16, 35}},
           {70, {27, 44}, {24, 47}}}));
  CAPTURE(count);
  CHECK(places(count, 0.95) == at95);
  CHECK(places(count, 0.99) == at99);
}

TEST_CASE("too few values have no interval, and it is known how many it takes") {
  for (const double confidence : {0.5, 0.9, 0.95, 0.99, 0.999, 0.9997}) {
    const std::size_t needed = rb::values_needed(confidence);
    CHECK(places(needed, confidence) == std::pair(1.0, static_cast<double>(needed)));
    CHECK(places(needed - 1, confidence) == std::pair(0.0, 0.0));
  }
  CHECK(rb::values_needed(0.95) == 6);
  CHECK(rb::values_needed(0.99) == 8);
}

TEST_CASE("equal values have an interval without width") {
  const auto found = rb::median_interval({5, 5, 5, 5, 5, 5, 5, 5}, 0.99);
  REQUIRE(found);
  CHECK(found->low == 5);
  CHECK(found->high == 5);
}
