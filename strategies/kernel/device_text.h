// Says what /dev/restart reports of a failure, in the image's terms.
#pragma once

#include "base/error.h"
#include "image/image.h"
#include "strategies/kernel/module/restart_uapi.h"

namespace rb {

/// The first failure of a restart, by task or record. Pure.
/// @param status  whose `where` is not RESTART_AT_NOTHING
[[nodiscard]] Error describe_device_failure(const Image& image, const restart_status& status);

}  // namespace rb
