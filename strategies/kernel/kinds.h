// What an image may hold for strategies that use /dev/restart.
#pragma once

#include "base/error.h"
#include "image/image.h"

namespace rb {

/// Refuses, by name, what the format has and they do not restore yet.
[[nodiscard]] Status check_kinds(const Image& image);

}  // namespace rb
