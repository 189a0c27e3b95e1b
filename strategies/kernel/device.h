// /dev/restart, asked from outside of a restart.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "image/image.h"

namespace rb {

/// Whether the device is there, speaks our version of its interface, and takes
/// this image: kLacking with what to do, or kUnsupported naming the record that
/// it refuses. Loads the image and lets go of it again.
/// @param flags  of struct restart_load
[[nodiscard]] Status check_device(const Image& image, std::uint32_t flags);

/// Whether this process may hold what the coordinator hands over; raises
/// RLIMIT_NOFILE as far as it is allowed to.
[[nodiscard]] Status check_handover(const Image& image);

}  // namespace rb
