// The strategy `optimistic`.
#pragma once

#include "strategies/strategy.h"

namespace rb {

extern const Strategy kOptimistic;

}  // namespace rb
