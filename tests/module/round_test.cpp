// Rounds as text, and what is changed about them: needs no device.
#include "tests/module/round.h"

#include <catch2/catch.hpp>

#include "tests/module/corpus.h"

namespace rb::test {
namespace {

TEST_CASE("a round that was written can be read") {
  const Round round{77, {{{1, {{0, 5}, {3, ~0ull}}, {8, 9}}, {2, {}, {}}}, {}, {{3, {}, {4}}}}};
  CHECK(to_text(round) == "77 | 1 0=5 3=18446744073709551615 ~8 ~9; 2 | | 3 ~4");
  CHECK(round_from(to_text(round)) == round);
  CHECK(round.calls() == 3);
}

TEST_CASE("what is no round is not read") {
  for (const char* text : {"", "|", "x", "1 | 2 3", "1 | 2 3=", "1 | 2; ", "1 | ~3", "1 2"}) {
    INFO(text);
    CHECK_FALSE(round_from(text).has_value());
  }
}

TEST_CASE("a number of a call can be fixed") {
  const Move call{5, {}, {}};
  const Move fixed{5, {{1, 100}}, {}};
  Choices choices(call);
  Choices others(fixed);
  CHECK(choices.number() == others.number());
  CHECK(choices.number() != 100);
  CHECK(others.below(8) == 4);
  CHECK(choices.number() == others.number());
}

TEST_CASE("a corpus proposes rounds like those that it keeps, and the fewest that reach all") {
  std::mt19937_64 random(1);
  Corpus corpus;
  const auto reach = [](std::initializer_list<std::size_t> blocks) {
    Blocks result;
    for (const std::size_t block : blocks) result.set(block);
    return result;
  };
  const Round both = random_round(2, 3, random);
  corpus.keep(random_round(1, 1, random), reach({1}));
  CHECK(corpus.news(reach({1, 2})) == reach({2}));
  corpus.keep(random_round(1, 2, random), reach({2}));
  corpus.keep(both, reach({1, 2, 3}));
  CHECK(corpus.size() == 3);
  CHECK(corpus.blocks() == reach({1, 2, 3}));
  REQUIRE(corpus.smallest().size() == 1);
  CHECK(corpus.smallest()[0].round == both);
  CHECK(corpus.smallest()[0].blocks == reach({1, 2, 3}));
  int like = 0;
  for (int i = 0; i < 200; ++i) {
    const Round round = corpus.propose(random);
    REQUIRE_FALSE(round.players.empty());
    CHECK(round.players.size() <= 2);
    like += round.players.size() == 2 && round.players[1] == both.players[1] ? 1 : 0;
  }
  CHECK(like > 10);
}

}  // namespace
}  // namespace rb::test
