// The events that count allocations, class by class.
#pragma once

#include <vector>

#include "harness/counters/event.h"
#include "harness/ledger/classes.h"
#include "harness/ledger/kernel_facts.h"

namespace rb {

/// The event whose count is the number of objects of a class that were created: by
/// the name of the cache where the kernel tells it and no other cache is one with it,
/// else by call site and size. Pure. Errors: kLacking, for a kernel that has neither.
[[nodiscard]] Result<EventSpec> creation_event(ObjectClass object, const KernelFacts& facts);

/// The event whose count is the number of VMAs that are copies of others: by clone, and where
/// one is split. Errors: as above.
[[nodiscard]] Result<EventSpec> vma_copy_event(const KernelFacts& facts);

}  // namespace rb
