// The bench program, with everything outside it as parameters.
#pragma once

#include <functional>
#include <ostream>
#include <span>
#include <string>

#include "harness/json_results.h"
#include "harness/parts.h"
#include "harness/progress.h"

namespace rb {

/// Where the program writes to.
struct Streams {
  std::ostream& out;        ///< results
  std::ostream& err;        ///< errors, warnings, progress
  ShowProgress progress{};  ///< optional
  /// Puts the text of --out FILE in its place, as a whole.
  std::function<Status(const std::string& path, const std::string& text)> replace_file =
      rb::replace_file;
};

/// Runs a command line, the program's name first. @return the exit code
[[nodiscard]] int run_bench(std::span<const char* const> arguments, const Parts& parts,
                            const Streams& streams);

}  // namespace rb
