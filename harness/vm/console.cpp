#include "harness/vm/console.h"

#include <fmt/format.h>

namespace rb::vm {
namespace {

constexpr std::size_t kLines = 25;
/// A line longer than this is cut: a guest that runs wild must not fill memory.
constexpr std::size_t kWidth = 500;

}  // namespace

void Console::end_line() {
  if (line_.find("Kernel panic") != std::string::npos) panicked_ = true;
  if (!line_.empty()) lines_.push_back(std::move(line_));
  line_.clear();
  if (lines_.size() > kLines) lines_.pop_front();
}

void Console::feed(std::string_view bytes) {
  for (const char byte : bytes) {
    if (byte == '\n') {
      end_line();
    } else if (static_cast<unsigned char>(byte) >= ' ' && line_.size() < kWidth) {
      line_ += byte;  // no escape sequences: this may go to a terminal
    }
  }
  if (line_.find("Kernel panic") != std::string::npos) panicked_ = true;
}

std::string Console::tail() const {
  std::string text;
  for (const std::string& line : lines_) text += "\n  | " + line;
  if (!line_.empty()) text += "\n  | " + line_;
  return text.empty() ? "\n  | (nothing)" : text;
}

Error no_result(Ending ending, const Console& console, unsigned timeout_s) {
  std::string what = "ended without an exit code";
  if (console.panicked()) {
    what = "panicked";
  } else if (ending == Ending::kSilent) {
    what = fmt::format(
        "gave no sign of life for {} s and was stopped (--vm-timeout allows more time)", timeout_s);
  } else if (ending == Ending::kLimit) {
    what = fmt::format("took more than {} s and was stopped (--timeout allows more)", timeout_s);
  }
  return {ErrorKind::kNoResult,
          fmt::format("the virtual machine {}; its console ended with:{}", what, console.tail()),
          {}};
}

}  // namespace rb::vm
