#include "harness/counters/libperf.h"

#include <cerrno>
#include <cstring>

extern "C" {
// In the static library, though not in its headers; 0 or -1 and errno.
// NOLINTNEXTLINE(bugprone-reserved-identifier): libperf's name
int perf_evsel__apply_filter(perf_evsel* evsel, const char* filter);
// What perf_evlist__mmap() gives an event and nothing takes back.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the same
void perf_evsel__free_id(perf_evsel* evsel);
}

namespace rb {
namespace {

/// What to tell of an event that could not be opened.
Error refused(const EventSpec& event, int error) {
  const char* why = std::strerror(error);
  if (error == ENOENT && event.tracepoint.empty()) why = "this machine does not count it";
  return {
      ErrorKind::kLacking, event.name + ": " + why,
      error == EACCES || error == EPERM ? "run as root, or lower kernel.perf_event_paranoid" : ""};
}

}  // namespace

Result<perf_event_attr> attributes(const EventSpec& event, const Result<Tracefs>& tracefs) {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = event.type;
  attr.config = event.config;
  attr.disabled = 1;
  if (event.tracepoint.empty()) return attr;
  const auto id =
      tracefs.and_then([&](const Tracefs& open) { return open.event_id(event.tracepoint); });
  if (!id) return tl::unexpected(id.error());
  attr.type = PERF_TYPE_TRACEPOINT;
  attr.config = *id;
  return attr;
}

// Not perf_evlist__open(), which closes everything when one event is refused.
Status open_event(perf_evsel* event, const EventSpec& spec) {
  int error = -perf_evsel__open(event, perf_evsel__cpus(event), perf_evsel__threads(event));
  if (error == 0 && !spec.filter.empty() &&
      perf_evsel__apply_filter(event, spec.filter.c_str()) != 0) {
    error = errno;
    perf_evsel__close(event);
  }
  if (error == 0) return {};
  return tl::unexpected(refused(spec, error));
}

void remove_event(perf_evlist* list, perf_evsel* event) {
  perf_evlist__remove(list, event);
  perf_evsel__free_id(event);
  perf_cpu_map__put(perf_evsel__cpus(event));
  perf_thread_map__put(perf_evsel__threads(event));
  perf_evsel__delete(event);
}

}  // namespace rb
