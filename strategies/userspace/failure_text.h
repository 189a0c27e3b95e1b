// Words for what went wrong in a restart.
#pragma once

#include <string>

#include "base/error.h"
#include "image/image.h"
#include "strategies/userspace/restorer/program.h"

namespace rb {

/// One sentence about a failed op: the task, what it tried, why it failed; and
/// advice where the reason is a limit or a privilege.
/// @param coordinator  the op was the coordinator's
[[nodiscard]] Error describe_failure(const Image& image, const rst_failure& failure,
                                     const rst_op& op, bool coordinator);

/// What to do when the kernel refuses to create a task; "" where nothing is known.
[[nodiscard]] std::string creation_advice(int error);

}  // namespace rb
