#include "harness/counters/memory_trace.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace rb {
namespace {

template <class Event>
void sort_by_time(std::vector<Event>& events) {
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return a.time_ns < b.time_ns; });
}

}  // namespace

std::vector<MemoryEvent> of_descendants(std::vector<MemoryEvent> events,
                                        std::vector<ForkEvent> forks, std::uint32_t task) {
  sort_by_time(events);
  sort_by_time(forks);
  std::unordered_set<std::uint32_t> family = {task};
  auto fork = forks.cbegin();
  const auto foreign = [&](const MemoryEvent& event) {
    for (; fork != forks.cend() && fork->time_ns <= event.time_ns; ++fork) {
      if (family.count(fork->creator) > 0) {
        family.insert(fork->task);
      } else {
        family.erase(fork->task);  // a number that was another task's before
      }
    }
    return event.allocation && family.count(event.task) == 0;
  };
  std::vector<MemoryEvent> own;
  for (const MemoryEvent& event : events) {
    if (!foreign(event)) own.push_back(event);
  }
  return own;
}

std::vector<std::uint64_t> freed_again(std::span<const MemoryEvent> events,
                                       std::size_t allocations) {
  std::vector<std::uint64_t> freed(allocations, 0);
  std::unordered_map<std::uint64_t, std::size_t> alive;
  for (const MemoryEvent& event : events) {
    if (event.allocation) {
      RB_ASSERT(*event.allocation < allocations);
      alive[event.address] = *event.allocation;
    } else if (const auto found = alive.find(event.address); found != alive.end()) {
      ++freed[found->second];
      alive.erase(found);
    }
  }
  return freed;
}

}  // namespace rb
