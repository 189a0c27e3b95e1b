// bench image: writes, shows and checks image files.
#pragma once

#include <ostream>

#include "base/error.h"
#include "harness/options.h"
#include "harness/parts.h"

namespace rb {

/// Each prints to `out` what it did or found.
[[nodiscard]] Status image_write(const ImageWrite& options, const Parts& parts, std::ostream& out);
[[nodiscard]] Status image_show(const ImageShow& options, std::ostream& out);
[[nodiscard]] Status image_check(const ImageCheck& options, std::ostream& out);

}  // namespace rb
