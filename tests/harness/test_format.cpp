#include <catch2/catch.hpp>

#include "harness/format.h"
#include "harness/statistics/summary.h"

TEST_CASE("durations have three digits and a unit") {
  CHECK(rb::format_amount(0, rb::Scale::kTime) == "0.00 ns");
  CHECK(rb::format_amount(41.24, rb::Scale::kTime) == "41.2 ns");
  CHECK(rb::format_amount(999.4, rb::Scale::kTime) == "999 ns");
  CHECK(rb::format_amount(999.6, rb::Scale::kTime) == "1.00 us");
  CHECK(rb::format_amount(9'994, rb::Scale::kTime) == "9.99 us");
  CHECK(rb::format_amount(9'996, rb::Scale::kTime) == "10.0 us");
  CHECK(rb::format_amount(99'960, rb::Scale::kTime) == "100 us");
  CHECK(rb::format_amount(23'100'000, rb::Scale::kTime) == "23.1 ms");
  CHECK(rb::format_amount(1.5e9, rb::Scale::kTime) == "1.50 s");
  CHECK(rb::format_amount(12'345e9, rb::Scale::kTime) == "12345 s");
}

TEST_CASE("a deviation has the unit and decimals of its duration") {
  CHECK(rb::format_deviation(312, 41'240, rb::Scale::kTime) == "0.3");
  CHECK(rb::format_deviation(2'000, 412'000, rb::Scale::kTime) == "2");
  CHECK(rb::format_deviation(0, 1'000, rb::Scale::kTime) == "0.00");
}

TEST_CASE("ratios have three digits") {
  CHECK(rb::format_ratio(1.634) == "1.63");
  CHECK(rb::format_ratio(12.44) == "12.4");
  CHECK(rb::format_ratio(250.2) == "250");
  CHECK(rb::format_ratio(0.0996) == "0.10");
  CHECK(rb::format_ratio(0.0994) == "0.099");
  CHECK(rb::format_ratio(0.000724) == "0.00072");
  CHECK(rb::format_ratio(0.0) == "0.00");
  CHECK(rb::format_ratio(std::nullopt) == "-");
}

TEST_CASE("counts have commas") {
  CHECK(rb::format_count(0) == "0");
  CHECK(rb::format_count(999) == "999");
  CHECK(rb::format_count(1'000) == "1,000");
  CHECK(rb::format_count(1'234'567) == "1,234,567");
}

TEST_CASE("the median is the middle value") {
  CHECK(rb::median({3}) == 3);
  CHECK(rb::median({3, 1, 2}) == 2);
  CHECK(rb::median({4, 1, 2, 3}) == 2.5);
}

TEST_CASE("the median absolute deviation does not mind one wild value") {
  CHECK(rb::median_absolute_deviation({1, 2, 3, 4, 1000}) == 1);
  CHECK(rb::median_absolute_deviation({5, 5, 5}) == 0);
}

TEST_CASE("ratios near 1 have a digit more where they are compared") {
  CHECK(rb::format_compared(0.9944) == "0.994");
  CHECK(rb::format_compared(1.2) == "1.200");
  CHECK(rb::format_compared(2.345) == "2.35");
  CHECK(rb::format_compared(0.0037) == "0.0037");
}
