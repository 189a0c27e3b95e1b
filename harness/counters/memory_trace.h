// Allocations and frees of the kernel's memory, one by one: the interface.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"

namespace rb {

/// Something that happened to an address.
struct MemoryEvent {
  std::uint64_t time_ns = 0;
  std::uint64_t address = 0;
  /// The event that allocated it, by its place among those that were asked for; none: a free.
  std::optional<std::size_t> allocation;
  std::uint32_t task = 0;  ///< who did it, by its number in this process's pid namespace
};

/// A task that was made.
struct ForkEvent {
  std::uint64_t time_ns = 0;
  std::uint32_t creator = 0;
  std::uint32_t task = 0;
};

/// Records what allocations return, of the calling thread and every task made by it from then
/// on, and what anybody on this machine frees. No task has an event of its own: it would keep
/// others alive, as the scheduler exchanges the events of a task and its creator.
class MemoryTrace {
 public:
  MemoryTrace() = default;
  MemoryTrace(const MemoryTrace&) = delete;
  MemoryTrace& operator=(const MemoryTrace&) = delete;
  virtual ~MemoryTrace() = default;

  /// Records from here on, with nothing recorded before ...
  virtual void start() = 0;
  /// ... allocations to here, which this process may do itself from now on ...
  virtual void stop_allocations() = 0;
  /// (makes room in the kernel's buffers, which hold some 100,000 events of each CPU) ...
  virtual void collect() = 0;
  /// ... and frees to here.
  virtual void stop() = 0;
  /// In order of time. Errors: kLacking, if the buffers overflowed.
  [[nodiscard]] virtual Result<std::vector<MemoryEvent>> read() = 0;
};

/// Allocations of a task and its descendants, and all frees, in order of time. Pure.
/// @param forks  of all tasks of the machine, from before the first descendant was made
[[nodiscard]] std::vector<MemoryEvent> of_descendants(std::vector<MemoryEvent> events,
                                                      std::vector<ForkEvent> forks,
                                                      std::uint32_t task);

/// How many of each event's allocations were freed later. An address is allocated anew only
/// once it is free, so that the next free of an address is that of its object, whoever frees
/// it, and on behalf of whom. Pure.
/// @param events       in order of time
/// @param allocations  how many kinds of them there are
[[nodiscard]] std::vector<std::uint64_t> freed_again(std::span<const MemoryEvent> events,
                                                     std::size_t allocations);

}  // namespace rb
