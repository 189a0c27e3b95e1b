// Random rounds, and rounds that are guided by which blocks of the module they reach:
// scripts/fuzz device. Needs a module that scripts/build-module --coverage built.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include "base/fd.h"
#include "tests/module/arena.h"
#include "tests/module/blocks.h"
#include "tests/module/corpus.h"
#include "tests/module/slabs.h"
#include "tests/module/trial.h"

namespace rb::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kReducing{60};

long from_environment(const char* name, long otherwise) {
  const char* text = std::getenv(name);
  const long value = text == nullptr ? 0 : std::atol(text);
  return value > 0 ? value : otherwise;
}

/// What the kernel thinks of itself: a warning or a report of its checkers adds to it
/// (Documentation/admin-guide/tainted-kernels.rst).
unsigned long taint() {
  unsigned long bits = 0;
  std::ifstream("/proc/sys/kernel/tainted") >> bits;
  return bits;
}

void say(const std::string& line) { std::cout << line << std::endl; }

/// The kernel's log has the last round that was begun, which is printed after a panic.
class Log {
 public:
  Log() : file_(::open("/dev/kmsg", O_WRONLY | O_CLOEXEC)) {
    std::ofstream("/proc/sys/kernel/printk_devkmsg") << "on";
  }

  void note(const std::string& round) const {
    constexpr std::size_t kPiece = 800;  // the log's lines are of at most 1,000 bytes
    for (std::size_t at = 0; at < round.size(); at += kPiece) {
      const std::string line =
          (at == 0 ? "<7>restart-round: " : "<7>restart-round+ ") + round.substr(at, kPiece);
      if (::write(file_.get(), line.data(), line.size()) < 0) return;
    }
  }

 private:
  Fd file_;
};

/// Plays rounds and says what they reach.
class Field {
 public:
  Blocks play(const Round& round) {
    log_.note(to_text(round));
    (void)take_blocks();
    arena_.play(round);
    REQUIRE(tasks_inside() == 0);
    ++rounds_;
    calls_ += round.calls();
    INFO("the kernel complains after " << rounds_ << " rounds, " << calls_ << " calls");
    REQUIRE(taint() == taint_);
    return take_blocks();
  }

  [[nodiscard]] std::size_t rounds() const { return rounds_; }
  [[nodiscard]] std::size_t calls() const { return calls_; }
  void forget() { rounds_ = calls_ = 0; }

 private:
  Log log_;
  Arena arena_;
  std::size_t rounds_ = 0;
  std::size_t calls_ = 0;
  unsigned long taint_ = taint();
};

/// Without the calls that what is wanted is reached without.
Round reduced(Field& field, Round round, const Blocks& wanted) {
  for (std::size_t p = round.players.size(); p-- > 0;) {
    for (std::size_t c = round.players[p].size(); c-- > 0;) {
      Round fewer = round;
      fewer.players[p].erase(fewer.players[p].begin() + static_cast<std::ptrdiff_t>(c));
      if (fewer.players[p].empty() && fewer.players.size() > 1)
        fewer.players.erase(fewer.players.begin() + static_cast<std::ptrdiff_t>(p));
      if (fewer.calls() == 0) continue;
      if ((wanted & ~field.play(fewer)).any()) continue;
      round = std::move(fewer);
      if (p >= round.players.size()) break;
    }
  }
  return round;
}

void offer(Field& field, Corpus& corpus, const Round& round) {
  const Blocks reached = field.play(round);
  if (corpus.news(reached).none()) return;
  corpus.keep(round, reached);
  say("kept: " + to_text(round));
}

/// The fewest rounds, each without what is not needed, for as long as there is time.
void print_smallest(Field& field, const Corpus& corpus, Clock::time_point end) {
  for (const auto& [round, blocks] : corpus.smallest())
    say("corpus: " + to_text(Clock::now() < end ? reduced(field, round, blocks) : round));
}

/// Which rounds are played, from the environment's RB_MODE.
enum class Mode {
  kGuided,   ///< from what was kept before
  kCompare,  ///< from nothing, and as many calls that are not guided
  kRandom,   ///< none that is guided
};

Mode mode() {
  const char* text = std::getenv("RB_MODE");
  const std::string mode = text == nullptr ? "guided" : text;
  if (mode == "compare") return Mode::kCompare;
  return mode == "random" ? Mode::kRandom : Mode::kGuided;
}

/// RB_SECONDS, RB_SEED, RB_MODE.
TEST_CASE("guided rounds leave nothing behind", "[.guided]") {
  REQUIRE(counts_blocks());
  std::mt19937_64 random(static_cast<std::uint64_t>(from_environment("RB_SEED", 1)));
  const auto end = Clock::now() + std::chrono::seconds(from_environment("RB_SECONDS", 60));
  const Mode played = mode();
  Field guided;
  Field unguided;
  Corpus corpus;
  Blocks random_blocks;
  for (int i = 0; i < 20; ++i)  // the kernel's caches fill
    (void)guided.play(random_round(3, 20, random));
  guided.forget();
  const Slabs before = Slabs::now();
  std::ifstream file(played == Mode::kGuided ? "/rounds" : "/dev/null");
  for (std::string line; std::getline(file, line) && Clock::now() < end;) {
    const auto round = round_from(line);
    if (!round) continue;  // of another version
    const Blocks reached = guided.play(*round);
    if (corpus.news(reached).any()) corpus.keep(*round, reached);
  }
  const auto report = [&] {
    say(fmt::format("guided: {} rounds {} calls {} blocks {} kept", guided.rounds(), guided.calls(),
                    corpus.blocks().count(), corpus.size()));
    if (played != Mode::kGuided)
      say(fmt::format("unguided: {} rounds {} calls {} blocks", unguided.rounds(), unguided.calls(),
                      random_blocks.count()));
  };
  for (auto next = Clock::now(); Clock::now() < end;) {
    if (played == Mode::kRandom ||
        (played == Mode::kCompare && unguided.calls() < guided.calls())) {
      random_blocks |= unguided.play(random_short_round(random));
    } else {
      offer(guided, corpus, corpus.propose(random));
    }
    if (Clock::now() < next) continue;
    report();
    next = Clock::now() + std::chrono::seconds(30);
  }
  report();
  print_smallest(guided, corpus, Clock::now() + kReducing);
  for (const std::string& leak : before.leaks()) FAIL_CHECK(leak);
  CHECK((corpus.blocks() | random_blocks).any());
}

}  // namespace
}  // namespace rb::test
