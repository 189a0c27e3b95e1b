#include "harness/counters/passes.h"

#include <algorithm>

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

}  // namespace

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
