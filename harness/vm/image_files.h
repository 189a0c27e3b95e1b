// Files of this machine that an image's programs use.
#pragma once

#include <string>
#include <vector>

#include "image/image.h"

namespace rb::vm {

/// What a tree of the image needs to find under its name.
struct ImageFiles {
  std::vector<std::string> files;        ///< mapped, executed or open regular files
  std::vector<std::string> directories;  ///< current and root directories, open ones
};

/// Those that exist here. A synthetic image makes most of its own, as fixtures.
[[nodiscard]] ImageFiles files_of_image(const Image& image);

}  // namespace rb::vm
