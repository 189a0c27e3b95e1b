// The command line as values. Prose: docs/command-line.md.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "harness/options.h"
#include "harness/parts.h"

namespace rb {

/// Parses arguments, the program's name first. Errors are kUsage. Names of
/// strategies and workloads are taken from `parts`, for --help, and not checked.
[[nodiscard]] Result<Command> parse_command_line(std::span<const char* const> arguments,
                                                 const Parts& parts);

}  // namespace rb
