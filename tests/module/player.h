// A process that calls /dev/restart without sense.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "image/image.h"
#include "tests/module/round.h"

namespace rb::test {

/// How far the calls of all players came, in memory that they share.
struct Tally {
  std::atomic<long> loaded;    ///< images that the module took
  std::atomic<long> refused;   ///< images that it did not take
  std::atomic<long> ready;     ///< trees that stood at the barrier
  std::atomic<long> released;  ///< trees that ran
};

/// What the players of one round have in common: devices that all of them have open, and
/// images as they should be.
struct Game {
  std::vector<int> devices;
  const std::vector<Image>* images = nullptr;
  Tally* tally = nullptr;
  bool release = true;  ///< tasks may be let run
};

/// Plays: calls in any order, with arguments that are right, nearly right
/// or nothing of the kind; forks tasks that attach, kills others, changes an image while it
/// is loaded. Ends when a call kills it, or returns.
void play(const Game& game, const Script& script);

}  // namespace rb::test
