// The last of each task's script: what must wait for all tasks, or takes away
// privileges that the steps before need.
#pragma once

#include <cstdint>

#include "strategies/userspace/descriptors.h"
#include "strategies/userspace/scripts.h"

namespace rb {

/// Appends, once every task has all of its contents: locks of processes, POSIX
/// timers, resource limits, credentials; and by the coordinator, who is told of
/// events on descriptions. Adds nothing to a script if the image has none of these.
/// @param next_event  first number that is free for an event; moved on
void add_finals(const ImageAt& at, const DescriptorPlan& descriptors, Scripts& scripts,
                std::uint32_t& next_event);

}  // namespace rb
