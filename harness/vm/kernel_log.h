// What a guest's kernel complains about.
#pragma once

#include <string>
#include <string_view>

namespace rb::vm {

/// The lines of a kernel's log from shortly before its first complaint on: a warning, a bug, an
/// oops. Empty: it has none. What programs do to themselves is none.
[[nodiscard]] std::string complaints_in(std::string_view log);

/// All that the running kernel's log has.
[[nodiscard]] std::string read_kernel_log();

}  // namespace rb::vm
