// Measures the cost of objects on this machine.
#pragma once

#include <vector>

#include "harness/objects/cost.h"
#include "harness/objects/references.h"
#include "strategies/stage.h"

namespace rb {

/// What to measure, and how well.
struct ObjectSizes {
  std::vector<std::uint64_t> descriptors;  ///< of files
  std::vector<std::uint64_t> vmas;         ///< of mm
  std::vector<std::uint64_t> memory;       ///< of mm, bytes
  unsigned samples = 25;
};

/// Measures every class in the calling process, which it makes small for that: other
/// descriptors than the standard ones are closed, and no memory but the stack and the
/// program's code is copied by clone from then on. To be called in a process of its
/// own. What does not fit into this machine's limits is left out. Errors: kSystem.
/// @param get_and_put  where it is lacking, references are not measured by themselves
[[nodiscard]] Result<std::vector<ObjectCost>> measure_objects(const ObjectSizes& sizes,
                                                              TimeSource& time,
                                                              const GetAndPut& get_and_put);

}  // namespace rb
