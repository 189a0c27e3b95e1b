#include "harness/counters/passes.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

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
  const auto group = source.open(events, CountScope::kDescendants);
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

/// Waits until what was given up before is freed. A callback of RCU may call for another one,
/// as that of a task does.
void wait_for_frees() {
  constexpr int kGracePeriods = 3;
  constexpr auto kCallbacks = std::chrono::milliseconds(60);  // to be run after each
  for (int i = 0; i < kGracePeriods; ++i) {
    ::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
    std::this_thread::sleep_for(kCallbacks);
  }
}

/// The events that do not occur by themselves, of which there are those counts; for the others
/// says why they are of no use.
std::vector<EventSpec> own_events(std::span<const EventSpec> events,
                                  const std::vector<Count>& without,
                                  std::vector<EventCounts>& counted) {
  std::vector<EventSpec> own;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!without[i]) {
      counted.push_back({events[i].name, tl::unexpected(without[i].error())});
    } else if (*without[i] != 0) {
      counted.push_back(
          {events[i].name, fail(ErrorKind::kLacking, "other tasks of this machine do it, too")});
    } else {
      counted.push_back({events[i].name, {}});
      own.push_back(events[i]);
    }
  }
  return own;
}

/// Counts of each restart are appended to those in `counted`, by name.
Status count_settled_pass(const CountedSubject& subject, Restarter& restarter, CounterGroup& group,
                          std::span<const EventSpec> events, std::vector<EventCounts>& counted) {
  StageClock clock(subject.time);
  wait_for_frees();
  group.start();
  clock.begin();
  auto tree = restarter.restart(clock);
  clock.end();
  wait_for_frees();
  group.stop();
  if (!tree) return tl::unexpected(std::move(tree).error());
  const std::vector<Count> counts = group.read();
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto entry = std::find_if(counted.begin(), counted.end(), [&](const EventCounts& one) {
      return one.name == events[i].name;
    });
    if (!counts[i]) {
      entry->counts = tl::unexpected(counts[i].error());
    } else if (entry->counts) {
      entry->counts->push_back(*counts[i]);
    }
  }
  return (*tree)->destroy();
}

}  // namespace

Result<std::vector<EventCounts>> count_settled(const CountedSubject& subject, CounterSource& source,
                                               std::span<const EventSpec> events) {
  std::vector<EventCounts> counted;
  auto restarter = subject.prepare();
  if (!restarter) return tl::unexpected(std::move(restarter).error());
  auto warm = restart(subject, **restarter, nullptr, nullptr);
  if (!warm) return tl::unexpected(std::move(warm).error());
  while (!events.empty()) {
    const auto now = events.first(std::min(events.size(), kEventsPerPass));
    events = events.subspan(now.size());
    wait_for_frees();
    const auto idle = source.open(now, CountScope::kMachine);
    idle->start();
    wait_for_frees();
    idle->stop();
    const auto own = own_events(now, idle->read(), counted);
    if (own.empty()) continue;
    const auto group = source.open(own, CountScope::kMachine);
    for (int i = 0; i < kRestartsPerPass; ++i) {
      if (subject.stop && subject.stop()) return fail(ErrorKind::kRestart, "interrupted");
      RB_TRY(count_settled_pass(subject, **restarter, *group, own, counted));
    }
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
