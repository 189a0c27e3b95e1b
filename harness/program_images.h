// Images of programs that are run only to be captured: --workload program:COMMAND.
#pragma once

#include <ostream>
#include <string>

#include "base/error.h"
#include "harness/options.h"
#include "harness/parts.h"

namespace rb {

/// A temporary directory with an image of each program. Gone with this.
class ProgramImages {
 public:
  /// Runs each of the options' programs by sh(1), waits until it is ready, captures and ends
  /// it, and adds the image to the options. What they print is lost; who waits may see it in
  /// an error. Errors: kUnsupported for a program that ends, or is not ready within a minute.
  [[nodiscard]] static Result<ProgramImages> capture(RunOptions& options, const Parts& parts,
                                                     std::ostream& err);
  ProgramImages(ProgramImages&& other) noexcept;
  ProgramImages& operator=(ProgramImages&&) = delete;
  ProgramImages(const ProgramImages&) = delete;
  ProgramImages& operator=(const ProgramImages&) = delete;
  ~ProgramImages();

 private:
  ProgramImages() = default;

  std::string directory_;  ///< empty = none was needed
};

}  // namespace rb
