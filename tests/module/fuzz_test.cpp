// Random calls from several processes at once, with images that are damaged or change,
// while tasks are killed and devices closed: afterwards no task and no object is left.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/module/arena.h"
#include "tests/module/slabs.h"
#include "tests/module/trial.h"

namespace rb::test {
namespace {

constexpr std::size_t kPlayers = 4;
constexpr std::size_t kCalls = 40;

long from_environment(const char* name, long otherwise) {
  const char* text = std::getenv(name);
  const long value = text == nullptr ? 0 : std::atol(text);
  return value > 0 ? value : otherwise;
}

Round round_of(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  return random_round(kPlayers, kCalls, random);
}

/// What guided play has kept, in tests/fuzz/corpus/device.
void play_kept(Arena& arena) {
  std::ifstream file("/rounds");
  for (std::string line; std::getline(file, line);) {
    INFO(line);
    const auto round = round_from(line);
    REQUIRE(round);
    arena.play(*round);
  }
}

/// RB_ROUNDS in the environment asks for more, RB_SEED for others.
TEST_CASE("random calls at the same time leave nothing behind", "[.fuzz]") {
  Arena arena;
  const Tally& tally = arena.tally();
  const long rounds = from_environment("RB_ROUNDS", 60);
  const auto seed = static_cast<std::uint64_t>(from_environment("RB_SEED", 1));
  for (std::uint64_t i = 0; i < 20; ++i)
    arena.play(round_of(seed + i));  // the kernel's caches fill
  play_kept(arena);
  const Slabs before = Slabs::now();
  for (long i = 0; i < rounds; ++i) {
    const std::uint64_t own = seed * 1'000'003 + static_cast<std::uint64_t>(i);
    arena.play(round_of(own));
    INFO("round " << i << ", seed " << own);
    REQUIRE(tasks_inside() == 0);
  }
  for (const std::string& leak : before.leaks()) FAIL_CHECK(leak);
  WARN(rounds << " rounds of " << kPlayers << " processes: " << tally.loaded << " images loaded, "
              << tally.refused << " refused, " << tally.ready << " trees ready, " << tally.released
              << " released");
  CHECK(tally.ready > 0);
  CHECK(tally.released > 0);
}

}  // namespace
}  // namespace rb::test
