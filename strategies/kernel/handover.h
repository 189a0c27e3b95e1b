// What the coordinator opens for the tree and hands over to /dev/restart.
#pragma once

#include <cstdint>
#include <vector>

#include "strategies/userspace/restorer/op.h"
#include "strategies/userspace/scaffold_address.h"

namespace rb {

struct Handed {
  std::vector<rst_op> ops;
  std::vector<rst_op> owners;  ///< for RST_DEVICE_RUN, as all tasks must exist
};

/// The coordinator's ops that open each thing the tree refers to once, on
/// consecutive numbers from `first_fd`, which is the lowest free one, and give
/// it to the device: open file descriptions, what VMAs map (memory shared
/// between mms with its contents), executables, directories. One open serves
/// all records that name the same executable or directory. Pure.
[[nodiscard]] Handed handover_ops(const ImageAt& at, std::uint32_t first_fd);

/// How many descriptors these ops leave open.
[[nodiscard]] std::uint64_t handover_fds(const Image& image);

}  // namespace rb
