// Programs of the restorer that use /dev/restart.
#pragma once

#include <cstdint>

#include "strategies/kernel/handover.h"
#include "strategies/kernel/module/restart_uapi.h"
#include "strategies/userspace/compile.h"

namespace rb {

/// Descriptors of the coordinator before it opens anything for the tree: those
/// it is born with, and the device.
inline constexpr std::uint32_t kDeviceFd = kExecDescriptors;
inline constexpr std::uint32_t kFirstHandoverFd = kDeviceFd + 1;

/// What the coordinator does before tasks are created: opens the device, loads
/// the image, hands over all open files.
/// @param flags  of struct restart_load
[[nodiscard]] Handed device_prologue(const ImageAt& at, std::uint32_t flags);

/// Waits for all tasks, then says who is told of events on what was handed over.
[[nodiscard]] std::vector<rst_op> device_run(const Handed& handed);

/// One slot a task, with its pid, and the coordinator's.
[[nodiscard]] std::vector<rst_slot> device_slots(const Image& image);

/// Compiles a restart in which the kernel does all but opening files. Pure.
[[nodiscard]] Program compile_kernel(const ImageAt& at);

}  // namespace rb
