// What a task is surrounded with: credentials, limits, namespaces.
#pragma once

#include "base/error.h"
#include "harness/capture/found.h"
#include "harness/capture/refusals.h"

namespace rb::capture {

/// Refuses tasks that have what an image has no place for and a restarted task gets from
/// bench: other credentials, resource limits, personality or namespaces than bench's own;
/// seccomp filters, POSIX timers, file locks, real-time scheduling.
[[nodiscard]] Status refuse_other_environments(const FoundTree& found, Refusals& refusals);

}  // namespace rb::capture
