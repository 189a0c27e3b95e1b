// Rounds that reached blocks which no round before them had reached; changed, they may reach more.
#pragma once

#include <random>
#include <vector>

#include "tests/module/blocks.h"
#include "tests/module/round.h"

namespace rb::test {

class Corpus {
 public:
  /// What a round reached that none has that is kept.
  [[nodiscard]] Blocks news(const Blocks& blocks) const { return blocks & ~all_; }

  void keep(const Round& round, const Blocks& blocks);

  /// One that is kept, mostly of the last ones, with a few changes: a call is inserted, dropped,
  /// doubled or swapped; a number of it, or the image that it picks, is changed; players of
  /// another round join. A random one, where none is kept.
  [[nodiscard]] Round propose(std::mt19937_64& random) const;

  [[nodiscard]] const Blocks& blocks() const { return all_; }
  [[nodiscard]] std::size_t size() const { return kept_.size(); }

  struct Kept {
    Round round;
    Blocks blocks;
  };

  /// As few as reach all blocks, nearly: each time the one that adds most; with what it adds.
  [[nodiscard]] std::vector<Kept> smallest() const;

 private:
  std::vector<Kept> kept_;
  Blocks all_;
};

/// A round of one or two players with one to five calls each.
[[nodiscard]] Round random_short_round(std::mt19937_64& random);

}  // namespace rb::test
