#include "harness/progress.h"

#include <fmt/format.h>

namespace rb {
namespace {

constexpr const char* kEraseLine = "\r\033[K";  // ECMA-48: EL, erase to the end of the line

}  // namespace

Progress::Progress(std::ostream& terminal, bool shown, std::size_t cells, TimeSource* time)
    : terminal_(terminal), shown_(shown), cells_(cells), time_(time) {
  if (shown_ && time_ != nullptr) begin_ns_ = time_->now_ns();
}

void Progress::at(const std::string& name) {
  if (!shown_) return;
  std::string left;
  if (done_ > 0 && time_ != nullptr) {
    const double so_far = static_cast<double>(time_->now_ns() - begin_ns_) * 1e-9;
    left = fmt::format(", about {:.0f} s left",
                       so_far / static_cast<double>(done_) * static_cast<double>(cells_ - done_));
  }
  terminal_ << kEraseLine << fmt::format("{} of {} cells done{}: {}", done_, cells_, left, name)
            << std::flush;
}

void Progress::group_done(std::size_t cells) {
  done_ += cells;
  if (shown_) terminal_ << kEraseLine << std::flush;
}

}  // namespace rb
