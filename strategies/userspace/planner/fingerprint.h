// A number for "the same state again", to remember dead ends by.
#pragma once

#include <cstdint>

#include "strategies/userspace/planner/state.h"

namespace rb {

/// A 64-bit hash of what decides how a state can go on: the live tasks, which
/// of them share what, and the throw-away tasks that may still be used.
/// Objects are numbered by first use, so names do not matter. O(tasks).
[[nodiscard]] std::uint64_t fingerprint(const ReverseState& state, int throwaways);

}  // namespace rb
