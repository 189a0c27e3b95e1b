// From an image to what the planner sees of it.
#pragma once

#include "image/image.h"
#include "strategies/userspace/planner/graph.h"

namespace rb {

/// The sharing graph of an image: task i of the graph is task i of the image.
/// A session whose leader is not in the image becomes one without a leader,
/// which the planner refuses.
[[nodiscard]] SharingGraph sharing_graph(const Image& image);

}  // namespace rb
