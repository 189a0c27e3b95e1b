// What players do, written down: it can be done again, changed and kept.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rb::test {

/// One call of a player. All that there is to choose about it comes from the seed, one number after
/// the other; some of these numbers are fixed.
struct Move {
  std::uint64_t seed = 0;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> fixed;  ///< which number, its value
  std::vector<std::uint64_t> changes;  ///< to the image that it picks: seeds of mutate_image()

  bool operator==(const Move&) const = default;
};

using Script = std::vector<Move>;  ///< of one player

/// What several players do at the same time.
struct Round {
  std::uint64_t setting = 0;  ///< devices, namespaces; see play_round()
  std::vector<Script> players;

  [[nodiscard]] std::size_t calls() const;
  bool operator==(const Round&) const = default;
};

/// One line, without its end: `SETTING | CALL; CALL | CALL`, each player after a bar; a call
/// is `SEED NUMBER=VALUE ~CHANGE`.
[[nodiscard]] std::string to_text(const Round& round);

/// nullopt: it is not what to_text() writes.
[[nodiscard]] std::optional<Round> round_from(std::string_view text);

/// Players with so many calls each, of which nothing is fixed.
[[nodiscard]] Round random_round(std::size_t players, std::size_t calls, std::mt19937_64& random);

/// The numbers that a call is made of.
class Choices {
 public:
  /// @param call  outlives it
  explicit Choices(const Move& call) : call_(&call), random_(call.seed) {}

  std::uint64_t number();
  std::uint64_t below(std::uint64_t n) { return number() % n; }
  [[nodiscard]] const std::vector<std::uint64_t>& changes() const { return call_->changes; }

 private:
  const Move* call_;
  std::mt19937_64 random_;
  std::uint32_t next_ = 0;
};

}  // namespace rb::test
