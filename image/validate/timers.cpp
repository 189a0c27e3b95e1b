// POSIX timers, timer_create(2).
#include <fmt/format.h>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

constexpr std::uint64_t kMaxTime = INT64_MAX;  // ktime_t, ns
constexpr std::uint64_t kSignal = 0;           // SIGEV_SIGNAL
constexpr std::uint64_t kNone = 1;             // SIGEV_NONE
constexpr std::uint64_t kThread = 4;           // SIGEV_THREAD_ID

constexpr bool is_clock(std::uint64_t clock) {
  // CLOCK_REALTIME to CLOCK_THREAD_CPUTIME_ID, CLOCK_BOOTTIME, the alarms, CLOCK_TAI
  return clock <= 3 || (clock >= 7 && clock <= 9) || clock == 11;
}

Status check_notification(const View& view, const At& at, const rbi_timer& timer,
                          std::size_t group) {
  RB_TRY(at.require(timer.notify == kSignal || timer.notify == kNone || timer.notify == kThread,
                    "notify", "must be SIGEV_SIGNAL (0), SIGEV_NONE (1) or SIGEV_THREAD_ID (4)"));
  if (timer.notify == kNone) {
    RB_TRY(at.zero("signal", timer.signal));
  } else {
    RB_TRY(at.within("signal", timer.signal, 1, RBI_NR_SIGNALS));
  }
  if (timer.notify != kThread) {
    return at.require(timer.task == RBI_NONE, "task", "must be none but for SIGEV_THREAD_ID");
  }
  RB_TRY(at.index("task", timer.task, RBI_SEC_TASKS));
  return at.require(view.table<rbi_task>(RBI_SEC_TASKS)[timer.task].group == group, "task",
                    "must be a thread of the timer's process");
}

Status check_timer(const View& view, std::size_t i, const rbi_timer& timer, const rbi_timer* before,
                   std::size_t group) {
  const At at(view, RBI_SEC_TIMERS, i);
  RB_TRY(at.require(timer.id >= 0, "id", "must be 0 or more"));
  if (before != nullptr && timer.id <= before->id) {
    return at.refuse("id", fmt::format("must lie above {}, the one before it", before->id));
  }
  RB_TRY(at.require(is_clock(timer.clock), "clock", "must be 0 to 3, 7 to 9 or 11"));
  RB_TRY(check_notification(view, at, timer, group));
  RB_TRY(at.zero("reserved", timer.reserved));
  RB_TRY(at.within("interval", timer.interval, 0, kMaxTime));
  return at.within("value", timer.value, 0, kMaxTime);
}

}  // namespace

Status check_timers(const View& view) {
  const auto timers = view.table<rbi_timer>(RBI_SEC_TIMERS);
  const auto groups = view.table<rbi_group>(RBI_SEC_GROUPS);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const std::size_t first = groups[g].timer_first;
    for (std::size_t i = first; i < first + groups[g].timer_count; ++i) {
      RB_TRY(check_timer(view, i, timers[i], i == first ? nullptr : &timers[i - 1], g));
    }
  }
  return {};
}

}  // namespace rb::validation
