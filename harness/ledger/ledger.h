// The account of a cell: objects that a restart creates, against those that it needs.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "harness/counters/counted.h"
#include "harness/ledger/allocation_events.h"
#include "harness/ledger/classes.h"
#include "strategies/strategy.h"

namespace rb {

struct Ledger {
  PerClass needed{};
  /// Objects created, by every task that takes part and a process that restarts
  /// beside the tree: one for each class, in their order.
  CountedRestarts created;
  /// How many of them are destroyed again before the tree runs.
  std::vector<EventCounts> destroyed;
  /// How many of the VMAs are copies of others.
  EventCounts vmas_copied{"vma copied", fail(ErrorKind::kLacking, "not counted")};
  std::optional<RestartAccount> account;  ///< the strategy's own, if it has one
};

/// How many objects of a class were created that the tree does not need; negative where
/// it gets by with fewer. Nothing where they could not be counted.
[[nodiscard]] std::optional<std::int64_t> useless(const Ledger& ledger, ObjectClass object);

/// Objects that the strategy made, by its own account: without those of a process that
/// restarts and is not in the tree. Nothing where it does not say.
[[nodiscard]] std::optional<std::uint64_t> made(const Ledger& ledger, ObjectClass object);

/// Times a task was given a reference to an object, by clone or later, in place of a
/// new one. Nothing where the strategy does not say.
[[nodiscard]] std::optional<std::uint64_t> referenced(const Ledger& ledger, ObjectClass object);

/// What counts creations of all classes on a kernel: an event, or why there is none.
[[nodiscard]] std::vector<Result<EventSpec>> creation_events(const KernelFacts& facts);

/// Puts counts of those events that there are beside the reasons for the others.
[[nodiscard]] std::vector<EventCounts> with_reasons(std::vector<EventCounts> counted,
                                                    std::span<const Result<EventSpec>> events);

}  // namespace rb
