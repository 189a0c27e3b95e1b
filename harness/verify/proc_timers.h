// POSIX timers, as /proc/PID/timers shows them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace rb {

/// What is left of a timer, only its process can tell (timer_gettime(2)).
struct ProcTimer {
  /// How the kernel calls the clocks of CPU time of whoever made the timer, posix-timers.h.
  static constexpr std::int32_t kProcessClock = -6;
  static constexpr std::int32_t kThreadClock = -2;

  std::int32_t id = 0;
  std::int32_t signal = 0;
  std::uint64_t value = 0;  ///< sigev_value
  std::int32_t notify = 0;  ///< SIGEV_*
  pid_t target = 0;         ///< process, or with SIGEV_THREAD_ID thread
  std::int32_t clock = 0;   ///< CLOCK_*, or kProcessClock, or another of CPU time
};

/// In any order. @return nothing where the text is not understood
[[nodiscard]] std::optional<std::vector<ProcTimer>> parse_timers(std::string_view text);

}  // namespace rb
