#include "tests/module/corpus.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace rb::test {
namespace {

constexpr std::size_t kMostPlayers = 2;
constexpr std::size_t kMostCalls = 6;   // of one player: short rounds are many
constexpr std::uint32_t kNumbers = 24;  // a call is made of at most some such number
constexpr std::array<std::size_t, 3> kRecent = {3, 16, SIZE_MAX};

class Changer {
 public:
  Changer(Round& round, std::mt19937_64& random) : round_(round), random_(random) {}

  void change() {
    Script& script = round_.players[below(round_.players.size())];
    if (script.empty()) return insert(script, fresh());
    Move& call = script[below(script.size())];
    switch (below(12)) {
      case 0:
      case 1:
        return insert(script, fresh());
      case 2:
        script.erase(script.begin() + static_cast<std::ptrdiff_t>(below(script.size())));
        return;
      case 3:
        return insert(round_.players[below(round_.players.size())], Move(call));
      case 4:
        return std::swap(call, script[below(script.size())]);
      case 5:
        call.seed = random_() >> 32;
        return;
      case 6:
      case 7:
        return change_image(call);
      case 8:
        round_.setting = below(1000);
        return;
      default:
        return fix(call);
    }
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  Move fresh() { return {random_() >> 32, {}, {}}; }

  void insert(Script& script, Move call) {
    if (script.size() < kMostCalls)
      script.insert(script.begin() + static_cast<std::ptrdiff_t>(below(script.size() + 1)),
                    std::move(call));
  }

  /// The same number of the call once more, or another one. Most are a choice out of a few.
  void fix(Move& call) {
    const std::uint64_t value = below(8) == 0 ? random_() : below(32);
    if (!call.fixed.empty() && below(3) == 0) {
      call.fixed[below(call.fixed.size())].second = value;
    } else if (call.fixed.size() < kNumbers) {
      call.fixed.emplace_back(static_cast<std::uint32_t>(below(kNumbers)), value);
    }
  }

  void change_image(Move& call) {
    if (!call.changes.empty() && below(3) == 0) {
      call.changes.pop_back();
    } else if (call.changes.size() < 6) {
      call.changes.push_back(random_() >> 32);
    }
  }

  Round& round_;
  std::mt19937_64& random_;
};

}  // namespace

void Corpus::keep(const Round& round, const Blocks& blocks) {
  kept_.push_back({round, blocks});
  all_ |= blocks;
}

Round Corpus::propose(std::mt19937_64& random) const {
  if (kept_.empty() || random() % 16 == 0) return random_short_round(random);
  const auto pick = [&]() -> const Round& {
    const std::size_t among = std::min(kRecent[random() % kRecent.size()], kept_.size());
    return kept_[kept_.size() - 1 - random() % among].round;
  };
  Round round = pick();
  if (random() % 8 == 0) {
    for (const Script& script : pick().players) {
      if (round.players.size() < kMostPlayers) round.players.push_back(script);
    }
  }
  if (round.players.empty()) return random_short_round(random);
  Changer changer(round, random);
  do {
    changer.change();
  } while (random() % 3 != 0);
  return round;
}

std::vector<Corpus::Kept> Corpus::smallest() const {
  std::vector<Kept> chosen;
  Blocks left = all_;
  while (left.any()) {
    const auto best =
        std::max_element(kept_.begin(), kept_.end(), [&](const Kept& a, const Kept& b) {
          return (a.blocks & left).count() < (b.blocks & left).count();
        });
    chosen.push_back({best->round, best->blocks & left});
    left &= ~best->blocks;
  }
  return chosen;
}

Round random_short_round(std::mt19937_64& random) {
  const std::size_t players = 1 + random() % kMostPlayers;
  return random_round(players, 1 + random() % 5, random);
}

}  // namespace rb::test
