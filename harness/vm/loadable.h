// The part of a program that a kernel loads.
#pragma once

#include <string>

#include "base/error.h"

namespace rb::vm {

/// A static x86-64 program without what follows its segments: debug information,
/// symbols, section headers. It runs as before and is a fraction of the size.
/// Errors: no such program; kLacking if it needs a dynamic linker.
[[nodiscard]] Result<std::string> loadable_part(std::string program);

}  // namespace rb::vm
