// A tree with a POSIX timer, whose process makes it on an errand (docs/kernel-module.md).
#pragma once

#include <cstdint>
#include <ctime>
#include <functional>

#include "image/image.h"
#include "image/writer.h"
#include "workloads/synthetic/tree.h"

namespace rb::test {

/// An id that takes minutes to count up to: so long is the errand.
inline constexpr std::int32_t kFarAway = 1 << 28;

/// A process and its child; the child has a timer, an hour away.
/// @param id  of the timer
/// @param share  what they share: a mask of kShareMm and so on
/// @param change  is called with the records before they are an image
[[nodiscard]] Image two_processes(std::int32_t id, unsigned share,
                                  std::uint32_t clock = CLOCK_MONOTONIC,
                                  const std::function<void(ImageWriter&)>& change = {});

}  // namespace rb::test
