// What the users of libperf have in common.
#pragma once

#include <linux/perf_event.h>

#include <memory>

#include "harness/counters/event.h"
#include "harness/counters/memory_trace.h"
#include "harness/counters/tracefs.h"

// Its headers are C.
extern "C" {
#include <perf/core.h>
#include <perf/cpumap.h>
#include <perf/event.h>
#include <perf/evlist.h>
#include <perf/evsel.h>
#include <perf/mmap.h>
#include <perf/threadmap.h>
}

namespace rb {

struct EvlistDeleter {
  void operator()(perf_evlist* list) const { perf_evlist__delete(list); }
};
using EventList = std::unique_ptr<perf_evlist, EvlistDeleter>;

/// An event as the kernel takes it, disabled. Errors: kLacking, for a tracepoint that this
/// kernel does not have.
[[nodiscard]] Result<perf_event_attr> attributes(const EventSpec& event,
                                                 const Result<Tracefs>& tracefs);

/// Opens an event of a list that has its maps, and filters it. Errors: kLacking; it is to be
/// removed from the list then, as what goes through the list would crash.
[[nodiscard]] Status open_event(perf_evsel* event, const EventSpec& spec);

/// Deletes an event with its ids and its references to the list's maps, which libperf forgets.
void remove_event(perf_evlist* list, perf_evsel* event);

/// MemoryTrace by libperf. Errors: kLacking, if any of these tracepoints cannot be traced.
[[nodiscard]] Result<std::unique_ptr<MemoryTrace>> open_perf_trace(
    std::span<const EventSpec> allocations);

}  // namespace rb
