// The end of what a guest's kernel printed, for error messages.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "base/error.h"

namespace rb::vm {

/// Keeps the last lines of a serial console.
class Console {
 public:
  void feed(std::string_view bytes);

  /// Whether a kernel panic was among all that was fed.
  [[nodiscard]] bool panicked() const noexcept { return panicked_; }

  /// The last lines, each indented and on a line of its own; begins with a newline.
  [[nodiscard]] std::string tail() const;

 private:
  void end_line();

  std::deque<std::string> lines_;
  std::string line_;  ///< that has not ended yet
  bool panicked_ = false;
};

/// How a guest ended that sent no exit code.
enum class Ending {
  kGone,    ///< QEMU ended.
  kSilent,  ///< Nothing came for the time that --vm-timeout allows.
  kLimit,   ///< It took longer than --timeout allows.
};

/// What is reported of it: kNoResult, with the end of the console.
[[nodiscard]] Error no_result(Ending ending, const Console& console, unsigned timeout_s);

}  // namespace rb::vm
