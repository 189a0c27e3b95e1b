// One restart, from the call to the last task gone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/parts.h"
#include "harness/results.h"

namespace rb {

/// Why a trial counts as failed.
struct TrialError {
  Error error;
  std::vector<std::string> differences;  ///< if it was wrong, not failed
};
template <class T>
using TrialResult = tl::expected<T, TrialError>;

/// A tree at the barrier and the time that it took.
struct Restarted {
  std::unique_ptr<Tree> tree;
  Sample sample;
};

/// Brings the machine into order where the clock can do that, then restarts one tree.
[[nodiscard]] TrialResult<Restarted> restart_timed(Restarter& restarter, StageClock& clock);

/// The only thing that is ever timed. A function of its own, by whose name
/// scripts/profile-guest knows where a restart begins and ends.
[[nodiscard]] [[gnu::noinline]] TrialResult<Restarted> restart_settled(Restarter& restarter,
                                                                       StageClock& clock);

/// Verifies a tree if asked: stopped, released, running. Then destroys it, also
/// after an error.
[[nodiscard]] TrialResult<void> finish(const Parts& parts, const Image& image,
                                       std::unique_ptr<Tree> tree, bool verify);

}  // namespace rb
