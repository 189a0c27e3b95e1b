// Clones an image's tasks sharing everything, each of which attaches itself.
#pragma once

#include "image/image.h"

namespace rb::test {

/// Clones the root; it and all others clone their children, then attach.
/// @return 0, or the errno of cloning the root
[[nodiscard]] int spawn_sharing_everything(const Image& image, int device);

}  // namespace rb::test
