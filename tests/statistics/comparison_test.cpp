#include "harness/statistics/comparison.h"

#include <catch2/catch.hpp>
#include <cmath>

using rb::Verdict;

namespace {

const std::vector<double> kBase = {100, 200, 300, 400, 500, 600, 700, 800};

std::vector<double> times(const std::vector<double>& factors) {
  std::vector<double> values;
  for (std::size_t i = 0; i < kBase.size(); ++i) values.push_back(kBase[i] * factors[i]);
  return values;
}

}  // namespace

TEST_CASE("a verdict needs the whole interval on one side of 1") {
  const auto verdict = [](const std::vector<double>& factors) {
    return rb::compare(times(factors), kBase, 0.99)->verdict;
  };
  CHECK(verdict({0.9, 0.8, 0.99, 0.9, 0.7, 0.9, 0.9, 0.9}) == Verdict::kFaster);
  CHECK(verdict({0.9, 0.8, 1.00, 0.9, 0.7, 0.9, 0.9, 0.9}) == Verdict::kUnresolved);
  CHECK(verdict({1.1, 1.2, 1.01, 1.1, 1.3, 1.1, 1.1, 1.1}) == Verdict::kSlower);
  CHECK(verdict({1.1, 1.2, 0.99, 1.1, 1.3, 1.1, 1.1, 1.1}) == Verdict::kUnresolved);
}

TEST_CASE("pairs are compared, not the medians") {
  // Each value is twice its partner; the partners differ by a factor of eight.
  const auto found = rb::compare(times({2, 2, 2, 2, 2, 2, 2, 2}), kBase, 0.99);
  REQUIRE(found);
  CHECK(found->ratio == 2);
  CHECK(found->interval->low == 2);
  CHECK(found->interval->high == 2);
  CHECK(found->pairs == 8);
}

TEST_CASE("too few pairs have a ratio and no verdict") {
  const auto found = rb::compare({1, 1, 1}, {2, 2, 2}, 0.99);
  REQUIRE(found);
  CHECK(found->ratio == 0.5);
  CHECK_FALSE(found->interval);
  CHECK(found->verdict == Verdict::kUnresolved);
  CHECK(std::isinf(rb::relative_half_width(found->ratio, found->interval)));
}

TEST_CASE("a pair with a time of 0 has no ratio") {
  CHECK(rb::compare({1, 4}, {0, 2}, 0.99)->pairs == 1);
  CHECK_FALSE(rb::compare({1}, {0}, 0.99));
}

TEST_CASE("the error is divided among the comparisons") {
  CHECK(rb::corrected_confidence(0.99, 1) == Approx(0.99));
  CHECK(rb::corrected_confidence(0.99, 0) == Approx(0.99));
  CHECK(rb::corrected_confidence(0.95, 50) == Approx(0.999));
}

TEST_CASE("the width is a share of the value") {
  CHECK(rb::relative_half_width(2, rb::Interval{1.9, 2.3}) == Approx(0.1));
  CHECK(rb::relative_half_width(0, rb::Interval{0, 0}) == 0);
}

TEST_CASE("verdicts have the words of the reports") {
  CHECK(rb::verdict_name(Verdict::kFaster) == "faster");
  CHECK(rb::verdict_name(Verdict::kSlower) == "slower");
  CHECK(rb::verdict_name(Verdict::kUnresolved) == "no difference resolved");
}
