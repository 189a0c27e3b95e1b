// What an image may hold for strategies that restart it.
#pragma once

#include "base/error.h"
#include "image/image.h"

namespace rb {

/// Refuses, by name, what the format has and no strategy restores yet.
[[nodiscard]] Status check_kinds(const Image& image);

}  // namespace rb
