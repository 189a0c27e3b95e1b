#include "tests/module/round.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace rb::test {
namespace {

/// Reads numbers and signs, with blanks between them.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() {
    text_.remove_prefix(std::min(text_.find_first_not_of(' '), text_.size()));
    return text_.empty();
  }
  [[nodiscard]] bool skip(char sign) {
    if (at_end() || text_.front() != sign) return false;
    text_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] std::optional<std::uint64_t> number() {
    std::uint64_t value = 0;
    if (at_end()) return std::nullopt;
    const auto result = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (result.ec != std::errc()) return std::nullopt;
    text_.remove_prefix(static_cast<std::size_t>(result.ptr - text_.data()));
    return value;
  }
  [[nodiscard]] bool before_number() {
    return !at_end() && text_.front() >= '0' && text_.front() <= '9';
  }

 private:
  std::string_view text_;
};

std::optional<Move> read_call(Reader& reader) {
  Move call;
  const auto seed = reader.number();
  if (!seed) return std::nullopt;
  call.seed = *seed;
  while (reader.before_number()) {
    const auto which = reader.number();
    if (!which || *which > UINT32_MAX || !reader.skip('=')) return std::nullopt;
    const auto value = reader.number();
    if (!value) return std::nullopt;
    call.fixed.emplace_back(static_cast<std::uint32_t>(*which), *value);
  }
  while (reader.skip('~')) {
    const auto change = reader.number();
    if (!change) return std::nullopt;
    call.changes.push_back(*change);
  }
  return call;
}

std::string to_text(const Move& call) {
  std::string text = fmt::format("{}", call.seed);
  for (const auto& [which, value] : call.fixed) text += fmt::format(" {}={}", which, value);
  for (const std::uint64_t change : call.changes) text += fmt::format(" ~{}", change);
  return text;
}

}  // namespace

std::size_t Round::calls() const {
  std::size_t sum = 0;
  for (const Script& script : players) sum += script.size();
  return sum;
}

std::string to_text(const Round& round) {
  std::string text = fmt::format("{}", round.setting);
  for (const Script& script : round.players) {
    text += " |";
    for (std::size_t i = 0; i < script.size(); ++i)
      text += (i == 0 ? " " : "; ") + to_text(script[i]);
  }
  return text;
}

std::optional<Round> round_from(std::string_view text) {
  Reader reader(text);
  Round round;
  const auto setting = reader.number();
  if (!setting) return std::nullopt;
  round.setting = *setting;
  while (reader.skip('|')) {
    Script script;
    for (bool more = reader.before_number(); more; more = reader.skip(';')) {
      auto call = read_call(reader);
      if (!call) return std::nullopt;
      script.push_back(std::move(*call));
    }
    round.players.push_back(std::move(script));
  }
  if (!reader.at_end()) return std::nullopt;
  return round;
}

Round random_round(std::size_t players, std::size_t calls, std::mt19937_64& random) {
  Round round;
  round.setting = random() % 1000;
  round.players.resize(players);
  for (Script& script : round.players) {
    for (std::size_t i = 0; i < calls; ++i) script.push_back({random() >> 32, {}, {}});
  }
  return round;
}

std::uint64_t Choices::number() {
  std::uint64_t value = random_();
  for (const auto& [which, instead] : call_->fixed) {
    if (which == next_) value = instead;
  }
  ++next_;
  return value;
}

}  // namespace rb::test
