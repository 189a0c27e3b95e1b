// POSIX timers, as /proc/PID/timers shows them.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <string>

#include "harness/verify/checks.h"
#include "harness/verify/proc_files.h"
#include "harness/verify/proc_timers.h"

namespace rb {
namespace {

/// All that /proc shows of a timer, in the same words for what should be and what is.
[[nodiscard]] std::string text_of(const ProcTimer& timer) {
  const std::string of = fmt::format("{} of clock {}", timer.id, timer.clock);
  if (timer.notify == SIGEV_NONE) return of + " for nobody";
  return fmt::format("{} with signal {}, value {:#x} for {} {}", of, timer.signal, timer.value,
                     timer.notify == SIGEV_THREAD_ID ? "thread" : "process", timer.target);
}

[[nodiscard]] std::string text_of(std::vector<ProcTimer> timers) {
  if (timers.empty()) return "none";
  std::sort(timers.begin(), timers.end(),
            [](const ProcTimer& a, const ProcTimer& b) { return a.id < b.id; });
  std::string text;
  for (const ProcTimer& timer : timers) text += (text.empty() ? "" : "; ") + text_of(timer);
  return text;
}

[[nodiscard]] std::int32_t clock_of(const rbi_timer& timer) {
  if (timer.clock == CLOCK_PROCESS_CPUTIME_ID) return ProcTimer::kProcessClock;
  if (timer.clock == CLOCK_THREAD_CPUTIME_ID) return ProcTimer::kThreadClock;
  return static_cast<std::int32_t>(timer.clock);
}

[[nodiscard]] std::vector<ProcTimer> expected_timers(const Inspection& inspection,
                                                     const rbi_group& group) {
  std::vector<ProcTimer> timers;
  for (const rbi_timer& record :
       inspection.image.timers().subspan(group.timer_first, group.timer_count)) {
    ProcTimer timer;
    timer.id = record.id;
    timer.clock = clock_of(record);
    timer.notify = static_cast<std::int32_t>(record.notify);
    timer.signal = static_cast<std::int32_t>(record.signal);
    timer.value = record.sigval;
    timer.target =
        static_cast<pid_t>(inspection.pid(record.task == RBI_NONE ? group.leader : record.task));
    timers.push_back(timer);
  }
  return timers;
}

}  // namespace

Status check_timers(Inspection& inspection) {
  if (inspection.image.timers().empty()) return {};
  for (const rbi_group& group : inspection.image.groups()) {
    if (!inspection.present[group.leader]) continue;
    // Of the process only: a thread's directory has no such file.
    const auto text = read_whole_file(fmt::format("/proc/{}/timers", inspection.pid(group.leader)));
    if (!text) return inspection.unreadable(group.leader, "timers", text.error());
    const auto timers = parse_timers(*text);
    const std::string found = timers ? text_of(*timers) : "what is not understood";
    const std::string expected = text_of(expected_timers(inspection, group));
    if (expected == found) continue;
    inspection.findings.add("{}: POSIX timers: expected {}, found {}",
                            inspection.name(group.leader), expected, found);
  }
  return {};
}

}  // namespace rb
