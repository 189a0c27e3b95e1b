// Counters that count the same on every machine.
#pragma once

#include "harness/counters/counters.h"
#include "harness/ledger/kernel_facts.h"

namespace rb::test {

/// Counts 7, 14, 21, ... of the events in a group, in order; "cycles" is not supported. Of
/// every other event of a trace one object is destroyed.
[[nodiscard]] CounterSource& fake_counters();

/// A kernel that has all classes but pipes.
[[nodiscard]] Result<KernelFacts> fake_kernel_facts();

}  // namespace rb::test
