// Counting passes: restarts that are counted and not timed.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "harness/counters/counted.h"
#include "harness/counters/counters.h"
#include "strategies/strategy.h"

namespace rb {

/// What a pass does its restarts with.
struct CountedSubject {
  /// Prepares a restarter of the cell: what it makes ready inherits the open events.
  std::function<Result<std::unique_ptr<Restarter>>()> prepare;
  TimeSource& time;
  /// Sees each counted tree at the barrier, before it is destroyed. Optional.
  std::function<void(const Tree&)> look;
  /// Whether to stop early. Optional.
  std::function<bool()> stop;
};

/// Counted restarts in a pass. Their counts differ little, or not at all.
inline constexpr int kRestartsPerPass = 3;

/// Counts events of a strategy's restarts, of all tasks that take part: from the call
/// to the barrier. Several passes, so that no more than kEventsPerPass are open at a
/// time; in each, restarts that are counted alternate with restarts that are not, by
/// a restarter that no event was open for. Errors: a restart failed.
[[nodiscard]] Result<CountedRestarts> count_restarts(const CountedSubject& subject,
                                                     CounterSource& source,
                                                     std::span<const EventSpec> events);

/// Counts what is allocated in a restart and freed again, until some grace periods of RCU after
/// the tree stands at the barrier. Errors: a restart failed.
/// @param creations  tracepoints that tell of allocations; all open at a time
[[nodiscard]] Result<std::vector<EventCounts>> count_destroyed(
    const CountedSubject& subject, CounterSource& source, std::span<const EventSpec> creations);

}  // namespace rb
