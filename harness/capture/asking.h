// What only the tasks themselves can tell.
#pragma once

#include "base/error.h"
#include "harness/capture/found.h"
#include "harness/capture/refusals.h"

namespace rb::capture {

/// Makes the tasks call for their names, signal actions, interval and POSIX timers, break,
/// clear_child_tid, alternate stacks, personality, securebits, signals on their parents' death
/// and whether they are subreapers (questions.h). Each has its state back then. Refuses such a
/// signal of the root, whose parent is not of the tree.
/// @param stops  how often any of them was stopped for it is added
[[nodiscard]] Status ask_tasks(FoundTree& found, Refusals& refusals, std::size_t& stops);

}  // namespace rb::capture
