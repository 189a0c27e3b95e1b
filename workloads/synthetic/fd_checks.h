// Turns descriptor tables into the payload's compact expectations.
#pragma once

#include <functional>
#include <vector>

#include "workloads/payload/check_block.h"
#include "workloads/synthetic/objects.h"

namespace rb {

using DescriptionOf = std::function<const Description&(OfdId)>;

/// Everything about a table: each fd, and that no other is open up to 16
/// numbers above the last.
[[nodiscard]] std::vector<payload_fds> check_all_fds(const FilesTable& table,
                                                     const DescriptionOf& description);

/// A sample, for tasks that share the table with one that checks it all: the
/// first, middle and last fd, and the first closed number after them.
[[nodiscard]] std::vector<payload_fds> check_some_fds(const FilesTable& table,
                                                      const DescriptionOf& description);

}  // namespace rb
