// What a task is surrounded with: credentials, limits, namespaces.
#pragma once

#include "base/error.h"
#include "harness/capture/found.h"
#include "harness/capture/refusals.h"

namespace rb::capture {

/// Finds POSIX timers, and credentials, OOM scores and resource limits that differ from bench's
/// own, which a restarted task has otherwise. Refuses what an image has no place for: namespaces
/// and priorities other than bench's, seccomp filters.
[[nodiscard]] Status find_environments(FoundTree& found, Refusals& refusals);

/// Gives a task credentials of its own, as /proc shows them, unless it has some: where what
/// only the task can tell differs from bench's.
/// @return its credentials, but for securebits and personality
[[nodiscard]] Result<rbi_credentials*> own_credentials(FoundTree& found, FoundTask& task);

}  // namespace rb::capture
