#include "harness/schedule/round_order.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

TEST_CASE("every second round is the one before, back to front") {
  rb::RoundOrder order(5, 1);
  std::set<std::vector<std::size_t>> seen;
  for (int i = 0; i < 50; ++i) {
    auto first = order.next();
    auto second = order.next();
    std::reverse(second.begin(), second.end());
    CHECK(first == second);
    CHECK(std::is_permutation(first.begin(), first.end(),
                              std::vector<std::size_t>{0, 1, 2, 3, 4}.begin()));
    seen.insert(first);
  }
  CHECK(seen.size() > 20);
}

TEST_CASE("the seed decides, alike everywhere") {
  const auto rounds = [](std::uint64_t seed) {
    rb::RoundOrder order(4, seed);
    std::vector<std::size_t> all;
    for (int i = 0; i < 6; ++i) {
      const auto& next = order.next();
      all.insert(all.end(), next.begin(), next.end());
    }
    return all;
  };
  CHECK(rounds(1) == rounds(1));
  CHECK(rounds(1) != rounds(2));
}

TEST_CASE("each strategy is in each place equally often") {
  rb::RoundOrder order(3, 7);
  int first[3] = {};
  for (int i = 0; i < 3000; ++i) ++first[order.next().front()];
  for (const int count : first) CHECK(std::abs(count - 1000) < 100);
}
