#include "harness/schedule/round_rules.h"

#include <catch2/catch.hpp>

using rb::StoppedBy;
using rb::StopRule;

namespace {

bool yes() { return true; }
bool no() { return false; }

}  // namespace

TEST_CASE("rounds stop once they are precise, not before there are enough") {
  StopRule rule({0, 20, 1e9});
  for (std::size_t rounds = 1; rounds < 20; ++rounds) CHECK_FALSE(rule.after(rounds, 1, yes));
  CHECK(rule.after(20, 1, yes) == StoppedBy::kPrecision);
}

TEST_CASE("looks are rare") {
  StopRule rule({0, 20, 1e9});
  std::vector<std::size_t> looks;
  for (std::size_t rounds = 1; rounds <= 100; ++rounds) {
    const auto look = [&] {
      looks.push_back(rounds);
      return false;
    };
    CHECK_FALSE(rule.after(rounds, 1, look));
  }
  CHECK(looks == std::vector<std::size_t>{20, 25, 32, 40, 50, 63, 79, 99});
}

TEST_CASE("rounds stop when the next one would end after the time") {
  StopRule rule({0, 20, 1000});
  CHECK_FALSE(rule.after(9, 900, no));
  CHECK(rule.after(10, 1000, no) == StoppedBy::kTime);
  CHECK(StopRule({0, 20, 1000}).after(10, 1000, yes) == StoppedBy::kPrecision);
}

TEST_CASE("five rounds are made in any case") {
  StopRule rule({0, 20, 1});
  CHECK_FALSE(rule.after(4, 1e9, no));
  CHECK(rule.after(5, 1e9, no) == StoppedBy::kTime);
}

TEST_CASE("one round may have to do where counts hardly vary") {
  CHECK(StopRule({0, 8, 1000, 1}).after(1, 600, no) == StoppedBy::kTime);
  CHECK_FALSE(StopRule({0, 8, 1000, 1}).after(1, 500, yes));
  CHECK(StopRule({0, 8, 1e9, 1}).after(8, 600, yes) == StoppedBy::kPrecision);
}

TEST_CASE("a number of rounds that was asked for is made exactly") {
  StopRule rule({3, 20, 1});
  CHECK_FALSE(rule.after(2, 1e9, yes));
  CHECK(rule.after(3, 1e9, yes) == StoppedBy::kRepetitions);
}

TEST_CASE("a turn is long enough, and the time is enough for the least rounds") {
  using rb::restarts_in_turn;
  CHECK(restarts_in_turn({0, 20, 1e9}, {100, 1000}, 2000) == 1000);  // 1,000 rounds at most
  CHECK(restarts_in_turn({0, 20, 1e7}, {100, 1000}, 2000) == 20);    // 2,000 ns
  CHECK(restarts_in_turn({0, 20, 1e5}, {100, 1000}, 2000) == 5);     // 20 rounds fit
  CHECK(restarts_in_turn({0, 20, 1e3}, {100, 1000}, 2000) == 1);     // ... or do not
  CHECK(restarts_in_turn({2, 20, 1e9}, {100, 1000}, 2000) == 20);    // asked for
  CHECK(restarts_in_turn({2, 20, 1e4}, {100, 1000}, 2000) == 5);
  CHECK(restarts_in_turn({0, 20, 1e9}, {0, 0}, 2000) == 1'000'000);  // a coarse clock
  CHECK(restarts_in_turn({2, 20, 1e9, 1, 1, 7}, {100, 1000}, 2000) == 7);
  CHECK(restarts_in_turn({1, 20, 1e9, 1, 30, 70}, {100, 1000}, 2000) == 30);
  CHECK(restarts_in_turn({1, 20, 1e4, 1, 30, 70}, {100, 1000}, 2000) == 10);  // no time for 30
}
