// Clones an image's tasks sharing everything, each of which attaches itself.
#pragma once

#include <atomic>

#include "image/image.h"

namespace rb::test {

/// Clones the root; it and all others clone their children, then attach.
/// @param gate  where the root waits until it is true; nullptr: it does not
/// @return 0, or the errno of cloning the root
[[nodiscard]] int spawn_sharing_everything(const Image& image, int device,
                                           const std::atomic<bool>* gate = nullptr);

}  // namespace rb::test
