// SIGINT, SIGTERM and SIGHUP as a flag, so that a run ends between restarts; SIGCONT as a
// count, so that what was timed meanwhile is timed again.
#pragma once

#include <array>
#include <csignal>

namespace rb {

/// While one exists, the signals only set the flag, and a reader of bench's
/// output that goes away (SIGPIPE) does not kill bench while a tree stands.
/// They may be nested, in one thread. Handlers, not an ignored disposition: exec and a strategy's
/// reset undo them.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  static constexpr std::size_t kSignals = 5;
  std::array<struct sigaction, kSignals> before_{};
};

/// The first signal that came since the outermost guard was made, or 0.
[[nodiscard]] int interrupted_by();

/// Whether another one came after it: somebody does not want to wait for the
/// restart at hand, which may hang.
[[nodiscard]] bool interrupted_again();

/// How often this process was stopped (SIGTSTP, SIGSTOP) and went on. Counts up while there
/// is a guard; only a difference means something.
[[nodiscard]] int times_continued();

}  // namespace rb
