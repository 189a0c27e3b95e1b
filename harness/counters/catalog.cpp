#include "harness/counters/catalog.h"

#include <fmt/format.h>
#include <linux/perf_event.h>

#include <algorithm>
#include <array>

namespace rb {
namespace {

EventSpec software(const char* name, std::uint64_t config) {
  return {name, PERF_TYPE_SOFTWARE, config, {}, {}};
}
EventSpec hardware(const char* name, std::uint64_t config) {
  return {name, PERF_TYPE_HARDWARE, config, {}, {}};
}
/// Misses of reads in one of the hardware's caches: perf_event_open(2), PERF_TYPE_HW_CACHE.
EventSpec read_misses(const char* name, std::uint64_t cache) {
  return {name,
          PERF_TYPE_HW_CACHE,
          cache | (PERF_COUNT_HW_CACHE_OP_READ << 8) | (PERF_COUNT_HW_CACHE_RESULT_MISS << 16),
          {},
          {}};
}

}  // namespace

std::span<const CatalogEvent> counter_catalog() {
  static const std::array kCatalog = {
      CatalogEvent{software("task-clock", PERF_COUNT_SW_TASK_CLOCK),
                   "ns for which tasks ran, of all CPUs together"},
      CatalogEvent{software("page-faults", PERF_COUNT_SW_PAGE_FAULTS), "page faults"},
      CatalogEvent{software("context-switches", PERF_COUNT_SW_CONTEXT_SWITCHES),
                   "times a CPU left a task for another"},
      CatalogEvent{software("migrations", PERF_COUNT_SW_CPU_MIGRATIONS),
                   "times a task went on on another CPU"},
      CatalogEvent{{"system-calls", PERF_TYPE_TRACEPOINT, 0, "raw_syscalls:sys_enter", {}},
                   "system calls"},
      CatalogEvent{hardware("cycles", PERF_COUNT_HW_CPU_CYCLES), "CPU cycles"},
      CatalogEvent{hardware("instructions", PERF_COUNT_HW_INSTRUCTIONS), "instructions retired"},
      CatalogEvent{hardware("cache-misses", PERF_COUNT_HW_CACHE_MISSES),
                   "accesses that no cache could serve"},
      CatalogEvent{read_misses("tlb-misses", PERF_COUNT_HW_CACHE_DTLB),
                   "reads whose address the TLB did not have"},
  };
  return kCatalog;
}

Result<std::vector<EventSpec>> parse_counters(const std::vector<std::string>& names) {
  const auto catalog = counter_catalog();
  std::vector<EventSpec> events;
  const auto add = [&](const EventSpec& event) {
    const auto same = [&](const EventSpec& other) { return other.name == event.name; };
    if (std::none_of(events.begin(), events.end(), same)) events.push_back(event);
  };
  for (const std::string& name : names) {
    bool known = name == "all";
    for (const CatalogEvent& entry : catalog) {
      if (name != "all" && name != entry.event.name) continue;
      add(entry.event);
      known = true;
    }
    if (!known) {
      return fail(ErrorKind::kUsage, fmt::format("there is no counter '{}'", name),
                  "see bench list counters");
    }
  }
  return events;
}

}  // namespace rb
