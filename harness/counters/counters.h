// Counting events while something runs: the interface; libperf is behind it.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "harness/counters/event.h"
#include "harness/counters/memory_trace.h"

namespace rb {

/// Events that are counted together. They stop when it is destroyed.
class CounterGroup {
 public:
  CounterGroup() = default;
  CounterGroup(const CounterGroup&) = delete;
  CounterGroup& operator=(const CounterGroup&) = delete;
  virtual ~CounterGroup() = default;

  /// Counts from here on, from 0 ...
  virtual void start() = 0;
  /// ... to here.
  virtual void stop() = 0;
  /// One count an event, in the order in which they were opened.
  [[nodiscard]] virtual std::vector<Count> read() = 0;
};

/// What counts; tests put a double here.
class CounterSource {
 public:
  virtual ~CounterSource() = default;

  /// Makes events of the calling thread, and of every task made by it from then on, ready to
  /// be counted. One that the machine does not have does no harm to the others: it reads as
  /// an error.
  ///
  /// A task that is made while a group is open takes a copy of every event in it, whether it
  /// counts or not, which makes creating it dearer: keep groups small (kEventsPerPass), and
  /// open none while timing.
  [[nodiscard]] virtual std::unique_ptr<CounterGroup> open(std::span<const EventSpec> events) = 0;

  /// Makes tracepoints that tell of allocations ready to be recorded, with all frees. Errors:
  /// kLacking.
  [[nodiscard]] virtual Result<std::unique_ptr<MemoryTrace>> trace(
      std::span<const EventSpec> allocations) = 0;

  /// Why nothing at all can be counted here, or success. Errors: kLacking.
  [[nodiscard]] virtual Status usable() = 0;
};

/// libperf; or, in a build without it, a source that is not usable.
[[nodiscard]] CounterSource& perf_counters();

/// Events in one group, at most. With 3 a clone takes 1.06 to 1.24 times as long, with
/// 35 it takes 2 to 4 times (and the descriptors do not fit into a small table).
inline constexpr std::size_t kEventsPerPass = 4;

}  // namespace rb
