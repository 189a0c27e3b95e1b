// From a sharing graph to an image that has it, with contents that tell objects apart.
#pragma once

#include <cstdint>

#include "image/writer.h"
#include "strategies/userspace/planner/graph.h"

namespace rb {

/// An image whose tasks run the self-checking payload and share what the graph
/// says. Each mm has a page, each files_struct a descriptor, each fs_struct a
/// umask and directory, each sighand a handler that others do not have. Process
/// groups: those of the sessions, and some of their own.
/// @param graph  well formed; it need not be possible to reach
[[nodiscard]] ImageWriter graph_writer(const SharingGraph& graph, std::uint64_t seed);

/// The same, written and validated. Needs make_fixtures().
[[nodiscard]] Result<Image> graph_image(const SharingGraph& graph, std::uint64_t seed);

}  // namespace rb
