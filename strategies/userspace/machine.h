// What a restart with stock system calls needs of the machine.
#pragma once

#include "base/error.h"
#include "image/image.h"
#include "strategies/strategy.h"

namespace rb {

enum class MachineNeeds {
  kTasks,       ///< privileges, and room for the tasks
  kEverything,  ///< the CPU's state components and the descriptors, too
};

/// kLacking, with advice, where a privilege or a limit stands in the way of
/// restarting this image; kUnsupported where the CPU does. Raises RLIMIT_NOFILE as far as it is
/// allowed to.
[[nodiscard]] Status check_machine(const Image& image, MachineNeeds needs,
                                   const CreatorSize& creator);

/// The lowest descriptor number that nobody uses in a restart of the image.
[[nodiscard]] std::uint32_t first_creator_fd(const Image& image);

}  // namespace rb
