// The command line that runs one cell in a guest of its own.
#pragma once

#include <string>
#include <vector>

#include "harness/matrix.h"
#include "harness/options.h"

namespace rb::vm {

/// The same for a cell whatever other cells are run, in one spelling: what runs in the
/// guest, down to the instruction, depends on nothing else.
[[nodiscard]] std::vector<std::string> cell_command(const ImageSource& source,
                                                    const Strategy& strategy,
                                                    const RunOptions& options);

}  // namespace rb::vm
