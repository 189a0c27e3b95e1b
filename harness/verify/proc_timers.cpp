#include "harness/verify/proc_timers.h"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

namespace rb {
namespace {

std::optional<std::int32_t> notification(const std::string& how, const std::string& whom) {
  std::int32_t notify = 0;
  if (how == "none") {
    notify = SIGEV_NONE;
  } else if (how == "signal") {
    notify = SIGEV_SIGNAL;
  } else {
    return std::nullopt;  // "thread" is for kernels of old
  }
  return whom == "tid" ? notify | SIGEV_THREAD_ID : notify;
}

}  // namespace

std::optional<std::vector<ProcTimer>> parse_timers(std::string_view text) {
  // show_timer() in fs/proc/base.c
  std::vector<ProcTimer> timers;
  std::string rest(text);
  for (const char* at = rest.c_str(); *at != '\0';) {
    ProcTimer timer;
    unsigned long long value = 0;
    char how[16] = {};
    char whom[4] = {};
    int length = 0;
    if (std::sscanf(at, "ID: %d\nsignal: %d/%llx\nnotify: %15[a-z]/%3[a-z].%d\nClockID: %d\n%n",
                    &timer.id, &timer.signal, &value, how, whom, &timer.target, &timer.clock,
                    &length) != 7 ||
        length == 0) {
      return std::nullopt;
    }
    const auto notify = notification(how, whom);
    if (!notify) return std::nullopt;
    timer.notify = *notify;
    timer.value = value;
    timers.push_back(timer);
    at += length;
  }
  return timers;
}

}  // namespace rb
