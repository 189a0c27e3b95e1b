// What only the tasks themselves can tell.
#pragma once

#include "base/error.h"
#include "harness/capture/found.h"
#include "harness/capture/refusals.h"

namespace rb::capture {

/// Makes the tasks call for their names, signal actions, interval and POSIX timers, break,
/// clear_child_tid, alternate stacks, personality, securebits and whether they are subreapers
/// (questions.h). Each has its state back then. Refuses a parent-death signal.
/// @param stops  how often any of them was stopped for it is added
[[nodiscard]] Status ask_tasks(FoundTree& found, Refusals& refusals, std::size_t& stops);

}  // namespace rb::capture
