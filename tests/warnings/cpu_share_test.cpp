#include "harness/warnings/cpu_share.h"

#include <catch2/catch.hpp>

TEST_CASE("the times are those of the line of all CPUs, stolen ones included") {
  const auto times =
      rb::parse_cpu_times("cpu  100 20 30 4000 50 6 7 80 900 90\ncpu0 1 2 3 4 5 6 7 8 9 10\n", 100);
  REQUIRE(times);
  CHECK(times->idle == Approx(40.5));
  CHECK(times->busy == Approx(2.43));
  CHECK_FALSE(rb::parse_cpu_times("cpu0 1 2 3 4 5 6 7 8 9 10\n", 100));
  CHECK_FALSE(rb::parse_cpu_times("cpu  1 2 3\n", 100));
  CHECK_FALSE(rb::parse_cpu_times("", 100));
}

TEST_CASE("others have what is neither idle nor own") {
  const rb::CpuTimes before{100, 50, 10};
  CHECK(*rb::share_of_others(before, {101, 51, 11}) == 0);
  CHECK(*rb::share_of_others(before, {101, 51, 10.5}) == Approx(0.25));
  CHECK(*rb::share_of_others(before, {100, 52, 10}) == 1);
  CHECK(*rb::share_of_others(before, {101, 51, 11.2}) == 0);  // counted in ticks
  CHECK_FALSE(rb::share_of_others(before, {100.05, 50.05, 10}));
}

TEST_CASE("up to 5 % there is no warning") {
  CHECK_FALSE(rb::cpu_share_warning(0.05));
  const auto warning = rb::cpu_share_warning(0.125);
  REQUIRE(warning);
  CHECK(warning->id == "cpu-share");
  CHECK(warning->value == 0.125);
  CHECK(warning->text.find("12 %") != std::string::npos);
}

TEST_CASE("this machine has times, and what this process does is its own") {
  const auto before = rb::read_cpu_times();
  REQUIRE(before);
  volatile unsigned long work = 0;
  while (rb::read_cpu_times()->own < before->own + 0.05) work = work + 1;
  const auto after = rb::read_cpu_times();
  CHECK(after->own >= before->own + 0.05);
  CHECK(after->busy + after->idle > before->busy + before->idle);
}
