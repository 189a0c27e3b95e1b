// The bench program, with everything outside it as parameters.
#pragma once

#include <ostream>
#include <span>

#include "harness/parts.h"

namespace rb {

/// Where the program writes to.
struct Streams {
  std::ostream& out;  ///< results
  std::ostream& err;  ///< errors, warnings, progress
  bool err_is_terminal = false;
};

/// Runs a command line, the program's name first. @return the exit code
[[nodiscard]] int run_bench(std::span<const char* const> arguments, const Parts& parts,
                            const Streams& streams);

}  // namespace rb
