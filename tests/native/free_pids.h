// Numbers for trees among the pids of the test.
#pragma once

#include "image/writer.h"

namespace rb::test {

/// Moves all pids, sessions and process groups of an image to consecutive
/// numbers that no task has. Fails the test if there are none. The payload's
/// own checks still expect the old numbers.
void move_to_free_pids(ImageWriter& writer);

}  // namespace rb::test
