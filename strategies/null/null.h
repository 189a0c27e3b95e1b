// The strategy that restarts nothing: it tests the harness.
#pragma once

#include "strategies/strategy.h"

namespace rb {

/// Makes no task. Spends one tick of the clock in every stage, so that on the
/// fake clock every number of a run is known beforehand.
extern const Strategy kNullStrategy;

}  // namespace rb
