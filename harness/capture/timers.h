// POSIX timers, as /proc/PID/timers shows them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace rb::capture {

/// What is left of a timer, only its process can tell (timer_gettime(2)).
struct ProcTimer {
  std::int32_t id = 0;
  std::int32_t signal = 0;
  std::uint64_t value = 0;  ///< sigev_value
  std::int32_t notify = 0;  ///< SIGEV_*
  pid_t target = 0;         ///< process, or with SIGEV_THREAD_ID thread
  std::int32_t clock = 0;   ///< CLOCK_*, or a negative one of CPU time
};

/// In any order. @return nothing where the text is not understood
[[nodiscard]] std::optional<std::vector<ProcTimer>> parse_timers(std::string_view text);

}  // namespace rb::capture
