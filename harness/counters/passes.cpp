#include "harness/counters/passes.h"

#include <sched.h>

#include <algorithm>

#include "harness/counters/rcu.h"

namespace rb {
namespace {

/// One restart, destroyed again. @return its total time
Result<std::uint64_t> restart(const CountedSubject& subject, Restarter& restarter,
                              CounterGroup* group, std::vector<Count>* counts) {
  StageClock clock(subject.time);
  if (group != nullptr) group->start();
  clock.begin();
  auto tree = restarter.restart(clock);
  clock.end();
  if (group != nullptr) {
    group->stop();
    *counts = group->read();
  }
  if (!tree) return tl::unexpected(std::move(tree).error());
  if (group != nullptr && subject.look) subject.look(**tree);
  RB_TRY((*tree)->destroy());
  return clock.total_ns();
}

/// Counts of the events of one pass are appended to theirs in `counted`.
Status run_pass(const CountedSubject& subject, CounterSource& source,
                std::span<const EventSpec> events, CountedRestarts& counted) {
  // First, so that the events are not in its zygote.
  auto plain = subject.prepare();
  if (!plain) return tl::unexpected(std::move(plain).error());
  const auto group = source.open(events);
  auto restarter = subject.prepare();
  if (!restarter) return tl::unexpected(std::move(restarter).error());

  std::vector<Count> counts;
  auto warm = restart(subject, **restarter, nullptr, nullptr);
  if (!warm) return tl::unexpected(std::move(warm).error());
  const auto first = counted.events.size();
  for (int i = 0; i < kRestartsPerPass; ++i) {
    if (subject.stop && subject.stop()) return fail(ErrorKind::kRestart, "interrupted");
    auto uncounted_ns = restart(subject, **plain, nullptr, nullptr);
    if (!uncounted_ns) return tl::unexpected(std::move(uncounted_ns).error());
    auto counted_ns = restart(subject, **restarter, group.get(), &counts);
    if (!counted_ns) return tl::unexpected(std::move(counted_ns).error());
    counted.uncounted_ns.push_back(*uncounted_ns);
    counted.counted_ns.push_back(*counted_ns);
    RB_ASSERT(counts.size() == events.size());
    for (std::size_t e = 0; e < events.size(); ++e) {
      if (i == 0) counted.events.push_back({events[e].name, {}});
      auto& all = counted.events[first + e].counts;
      if (!counts[e]) {
        all = tl::unexpected(counts[e].error());
      } else if (all) {
        all->push_back(*counts[e]);
      }
    }
  }
  return {};
}

/// Runs on every CPU once: one that is idle keeps the mm of who ran last, and it alone.
void visit_cpus() {
  cpu_set_t own;
  if (::sched_getaffinity(0, sizeof own, &own) != 0) return;
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &own)) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    ::sched_setaffinity(0, sizeof one, &one);
  }
  ::sched_setaffinity(0, sizeof own, &own);
}

/// Waits until what was given up before is freed. A callback of RCU may call for another one,
/// as that of a task does.
void wait_for_frees(MemoryTrace& trace) {
  constexpr int kCallbacksInARow = 3;
  visit_cpus();
  for (int i = 0; i < kCallbacksInARow; ++i) {
    wait_for_rcu_callbacks();
    trace.collect();
  }
}

/// What was freed again of the objects that one restart allocated. @return by event
Result<std::vector<std::uint64_t>> traced_restart(const CountedSubject& subject,
                                                  Restarter& restarter, MemoryTrace& trace,
                                                  std::size_t events) {
  StageClock clock(subject.time);
  trace.start();
  clock.begin();
  auto tree = restarter.restart(clock);
  clock.end();
  trace.stop_allocations();
  if (tree) wait_for_frees(trace);
  trace.stop();
  if (!tree) return tl::unexpected(std::move(tree).error());
  RB_TRY((*tree)->destroy());
  const auto recorded = trace.read();
  if (!recorded) return tl::unexpected(recorded.error());
  return freed_again(*recorded, events);
}

/// Every event has the same reason for not being counted.
std::vector<EventCounts> none_counted(std::span<const EventSpec> events, const Error& reason) {
  std::vector<EventCounts> counted;
  for (const EventSpec& event : events) counted.push_back({event.name, tl::unexpected(reason)});
  return counted;
}

}  // namespace

Result<std::vector<EventCounts>> count_destroyed(const CountedSubject& subject,
                                                 CounterSource& source,
                                                 std::span<const EventSpec> creations) {
  // First, so that the making of the restarter's zygote is recorded.
  const auto trace = source.trace(creations);
  if (!trace) return none_counted(creations, trace.error());
  auto restarter = subject.prepare();
  if (!restarter) return tl::unexpected(std::move(restarter).error());
  auto warm = restart(subject, **restarter, nullptr, nullptr);
  if (!warm) return tl::unexpected(std::move(warm).error());
  std::vector<EventCounts> counted;
  for (const EventSpec& event : creations) counted.push_back({event.name, {}});
  for (int i = 0; i < kRestartsPerPass; ++i) {
    if (subject.stop && subject.stop()) return fail(ErrorKind::kRestart, "interrupted");
    const auto freed = traced_restart(subject, **restarter, **trace, creations.size());
    if (!freed && freed.error().kind == ErrorKind::kLacking) {
      return none_counted(creations, freed.error());
    }
    if (!freed) return tl::unexpected(freed.error());
    for (std::size_t e = 0; e < creations.size(); ++e) counted[e].counts->push_back((*freed)[e]);
  }
  return counted;
}

Result<CountedRestarts> count_restarts(const CountedSubject& subject, CounterSource& source,
                                       std::span<const EventSpec> events) {
  CountedRestarts counted;
  while (!events.empty()) {
    const auto now = events.first(std::min(events.size(), kEventsPerPass));
    RB_TRY(run_pass(subject, source, now, counted));
    events = events.subspan(now.size());
  }
  return counted;
}

std::uint64_t middle(std::vector<std::uint64_t> counts) {
  RB_ASSERT(!counts.empty());
  const auto at = counts.begin() + static_cast<std::ptrdiff_t>((counts.size() - 1) / 2);
  std::nth_element(counts.begin(), at, counts.end());
  return *at;
}

std::optional<double> counting_cost(const CountedRestarts& counted) {
  if (counted.counted_ns.empty()) return std::nullopt;
  const std::uint64_t uncounted = middle(counted.uncounted_ns);
  if (uncounted == 0) return std::nullopt;
  return static_cast<double>(middle(counted.counted_ns)) / static_cast<double>(uncounted);
}

}  // namespace rb
