// What only the tasks themselves can tell.
#pragma once

#include "base/error.h"
#include "harness/capture/found.h"
#include "harness/capture/refusals.h"

namespace rb::capture {

/// Makes the tasks call for their signal actions, interval timers, break, clear_child_tid
/// and alternate stacks (inject.h), and gives them their state back. Refuses a parent-death
/// signal and subreapers.
[[nodiscard]] Status ask_tasks(FoundTree& found, Refusals& refusals);

}  // namespace rb::capture
