// Pipes of a frozen tree: what is in them, and who else has them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "harness/capture/found.h"
#include "harness/capture/frozen_tree.h"
#include "harness/capture/refusals.h"

namespace rb::capture {

/// Reads the capacity and the unread bytes of a pipe, which stay in it (tee(2)).
/// @param link  a descriptor of either end, "/proc/PID/task/TID/fd/N"
[[nodiscard]] Status read_pipe(const std::string& link, FoundPipe& pipe);

/// A process outside of the tree that has a pipe open, by name; empty if there is none.
[[nodiscard]] std::string outside_holder(const FoundTree& found, const std::string& link);

}  // namespace rb::capture
