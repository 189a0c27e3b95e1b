// The packet of a task, gathered from the sections of the image.
#pragma once

#include <cstddef>
#include <span>

#include "strategies/userspace/compile.h"
#include "strategies/userspace/restorer/packet.h"

namespace rb {

/// The packet of a task of the image, without its ops. Writes the task's XSAVE
/// area, in the form that rt_sigreturn(2) wants, to the bottom of its stack.
/// @param stack  bottom of the task's stack, mapped at the same address in it
/// @param image_address  where tasks have the image mapped
[[nodiscard]] rst_packet make_packet(const Image& image, const TaskProgram& task, std::byte* stack,
                                     std::uint64_t image_address);

/// Copies ops behind a packet, and behind them the records that they point at,
/// as far as there is room.
/// @param image  the bytes of the image, where tasks have them mapped
/// @param to  where ops go
/// @param end  of the room; ops must fit
void place_ops(std::span<const rst_op> ops, std::span<const std::byte> image, rst_op* to,
               const std::byte* end);

}  // namespace rb
