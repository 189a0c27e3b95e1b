// What a program of the restorer does to shared objects, and what of it is wasted.
#pragma once

#include "strategies/strategy.h"
#include "strategies/userspace/compile.h"

namespace rb {

/// What the coordinator is born with, besides the scaffold.
struct BornWith {
  std::uint32_t descriptors = 0;       ///< from 0 on
  std::uint32_t high_descriptors = 0;  ///< from first_high on; dropped by RST_SHED
  std::uint32_t first_high = 0;
  std::uint64_t pages = 0;  ///< of private memory; dropped by RST_SHED
};

/// Runs a program on paper, each task up to the barrier. Of tasks that /dev/restart
/// makes nothing is known here. Pure.
[[nodiscard]] RestartAccount account_for(const Program& program, const BornWith& coordinator);

}  // namespace rb
