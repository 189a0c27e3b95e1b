// bench capture: an image of a running process tree.
#pragma once

#include <ostream>

#include "base/error.h"
#include "harness/options.h"
#include "harness/parts.h"

namespace rb {

/// Captures and prints what was captured and how long it took.
[[nodiscard]] Status capture_command(const CaptureOptions& options, const Parts& parts,
                                     std::ostream& out);

}  // namespace rb
