// A signal frame from which rt_sigreturn(2) makes a task what it was when it was stopped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/capture/registers.h"

namespace rb::capture {

/// Where rsp must be for rt_sigreturn(2), from the start of the frame.
inline constexpr std::uint64_t kFrameContext = 8;

/// Bytes of the frame with its XSAVE area.
[[nodiscard]] std::size_t signal_frame_size(const CpuState& before);

/// The frame with its XSAVE area.
/// @param address  where it is to be; a multiple of 64
/// @param returns_to  an address at its start, to be taken from the stack first
[[nodiscard]] std::vector<std::byte> signal_frame(const CpuState& before, std::uint64_t mask,
                                                  std::uint64_t address,
                                                  std::uint64_t returns_to = 0);

}  // namespace rb::capture
