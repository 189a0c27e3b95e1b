#include "harness/progress.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/format.h"

namespace rb {
namespace {

constexpr const char* kEraseLine = "\r\033[K";  // ECMA-48: EL, erase to the end of the line
constexpr double kFewSeconds = 120;             // that a person reads as seconds

std::string time_left(double seconds) {
  return seconds < kFewSeconds ? fmt::format(", about {:.0f} s left", seconds)
                               : fmt::format(", about {:.0f} min left", seconds / 60);
}

}  // namespace

ShowProgress show_on(std::ostream& terminal, TimeSource& time) {
  std::optional<std::uint64_t> begin_ns;
  return [&terminal, &time, begin_ns](const ProgressState& state) mutable {
    if (state.at.empty()) {
      terminal << kEraseLine << std::flush;
      return;
    }
    if (!begin_ns || state.done == 0) begin_ns = time.now_ns();
    std::string left;
    if (state.done > 0) {
      const double so_far = static_cast<double>(time.now_ns() - *begin_ns) * 1e-9;
      left = time_left(so_far / static_cast<double>(state.done) *
                       static_cast<double>(state.all - state.done));
    }
    terminal << kEraseLine
             << fmt::format("{} of {} {}{}: {}", format_count(state.done), format_count(state.all),
                            state.what, left, state.at)
             << std::flush;
  };
}

std::string to_text(const ProgressState& state) {
  return nlohmann::json{state.done, state.all, state.what, state.at}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<ProgressState> parse_progress(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_array() || json.size() != 4 || !json[0].is_number_unsigned() ||
      !json[1].is_number_unsigned() || !json[2].is_string() || !json[3].is_string()) {
    return std::nullopt;
  }
  return ProgressState{json[0], json[1], json[2], json[3]};
}

Progress::Progress(ShowProgress show, std::size_t all, std::string what)
    : show_(std::move(show)), state_{0, all, std::move(what), {}} {}

void Progress::at(const std::string& name) {
  if (!show_) return;
  state_.at = name;
  show_(state_);
}

void Progress::group_done(std::size_t more) {
  state_.done += more;
  show_nothing();
}

void Progress::show_nothing() {
  if (!show_ || state_.at.empty()) return;
  state_.at.clear();
  show_(state_);
}

}  // namespace rb
