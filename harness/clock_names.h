// What the results call a clock and its unit.
#pragma once

#include <string_view>

#include "base/error.h"
#include "harness/options.h"

namespace rb {

/// As on the command line: "wall", "instructions", "fake".
[[nodiscard]] constexpr std::string_view clock_name(ClockKind clock) {
  switch (clock) {
    case ClockKind::kWall:
      return "wall";
    case ClockKind::kInstructions:
      return "instructions";
    case ClockKind::kFake:
      return "fake";
  }
  return "?";
}

/// What one unit of the clock's numbers is.
[[nodiscard]] constexpr std::string_view clock_unit(ClockKind clock) {
  return clock == ClockKind::kInstructions ? "instructions" : "ns";
}

}  // namespace rb
