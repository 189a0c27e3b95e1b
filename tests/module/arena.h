// Where rounds are played: a pid namespace each, which is killed at the end.
#pragma once

#include <vector>

#include "image/image.h"
#include "tests/module/player.h"
#include "tests/module/round.h"

namespace rb::test {

class Arena {
 public:
  Arena();  ///< with images of some workloads

  /// Plays a round for at most 0.4 s. Its setting says whether the players have one device or
  /// two, a pid namespace for all or for each, and whether trees may be released.
  /// Afterwards no task of it is left, but perhaps on its way out of the module.
  void play(const Round& round);

  /// Of all rounds.
  [[nodiscard]] const Tally& tally() const { return *tally_; }

 private:
  std::vector<Image> images_;
  Tally* tally_;  ///< in memory that the players share, for ever
};

}  // namespace rb::test
