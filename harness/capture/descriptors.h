// Descriptors, open file descriptions, pipes, and directories of an fs_struct.
#pragma once

#include "base/error.h"
#include "harness/capture/found.h"
#include "harness/capture/refusals.h"

namespace rb::capture {

/// Reads every files table and finds the descriptions that descriptors share (kcmp(2):
/// O(descriptors log descriptions)). Nothing is read from a file or taken out of a pipe.
/// Refuses kinds that an image has no place for, files that cannot be found again by their
/// name, and pipes that lead out of the tree.
[[nodiscard]] Status find_descriptors(FoundTree& found, Refusals& refusals);

/// Current directories, roots and umasks.
[[nodiscard]] Status find_directories(FoundTree& found, Refusals& refusals);

}  // namespace rb::capture
