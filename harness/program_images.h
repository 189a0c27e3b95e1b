// Images of programs that are run only to be captured: --workload program:COMMAND.
#pragma once

#include <optional>
#include <ostream>
#include <string>

#include "base/error.h"
#include "harness/cleanup_process.h"
#include "harness/options.h"
#include "harness/parts.h"

namespace rb {

/// A temporary directory with an image of each program. Gone with this, and with bench,
/// however it ends; so are the programs.
class ProgramImages {
 public:
  /// Runs each of the options' programs by sh(1), waits until it is ready, captures and ends
  /// it, and adds the image to the options. What they print is lost; who waits may see it in
  /// an error. Errors: kUnsupported for a program that ends, or is not ready within a minute;
  /// any, once a signal came (interrupt.h).
  [[nodiscard]] static Result<ProgramImages> capture(RunOptions& options, const Parts& parts,
                                                     std::ostream& err);

 private:
  ProgramImages() = default;

  std::optional<CleanupProcess> cleanup_;  ///< of the directory; nothing = none was needed
};

}  // namespace rb
