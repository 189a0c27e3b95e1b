// bench objects: what one object of each class costs.
#pragma once

#include "harness/bench.h"
#include "harness/options.h"
#include "harness/parts.h"

namespace rb {

/// Measures, prints the table, writes the JSON. @return the exit code
[[nodiscard]] Result<int> objects_command(const ObjectsOptions& options, const Parts& parts,
                                          const Streams& streams);

}  // namespace rb
