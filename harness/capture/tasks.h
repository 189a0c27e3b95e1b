// Tasks and processes: what can be seen of them from outside.
#pragma once

#include "base/error.h"
#include "harness/capture/found.h"
#include "harness/capture/frozen_tree.h"
#include "harness/capture/refusals.h"

namespace rb::capture {

/// Names, registers, masks, queues, registrations, and which tasks share which objects
/// (kcmp(2)); credentials and limits that differ from bench's. Refuses what an image has no
/// place for: other namespaces, seccomp filters, 32-bit code.
[[nodiscard]] Status find_tasks(const FrozenTree& tree, FoundTree& found, Refusals& refusals);

}  // namespace rb::capture
