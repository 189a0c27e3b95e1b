// Which tasks share which objects.
#pragma once

#include "base/error.h"
#include "harness/capture/found.h"

namespace rb::capture {

/// Numbers each task's mm, files, fs and sighand in the order of first use, by kcmp(2):
/// O(tasks + objects log objects), as threads mostly share their leader's.
[[nodiscard]] Status find_sharing(FoundTree& found);

}  // namespace rb::capture
