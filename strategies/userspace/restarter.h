// The userspace strategies: plan, compile, run.
#pragma once

#include <memory>

#include "strategies/strategy.h"
#include "strategies/userspace/descriptors.h"

namespace rb {

/// How many tasks may create others at once: as asked for, else one a CPU.
[[nodiscard]] unsigned creators(const StrategyOptions& options);

/// Whether a tree of stock system calls can become this image, on this machine.
[[nodiscard]] Status userspace_supports(const Image& image, const StrategyOptions& options);

/// A restarter that opens descriptors in the given order.
[[nodiscard]] Result<std::unique_ptr<Restarter>> prepare_userspace(const Image& image,
                                                                   const StrategyOptions& options,
                                                                   DescriptorOrder order);

/// A restarter that creates the image's tasks with the right flags, and nothing else.
[[nodiscard]] Result<std::unique_ptr<Restarter>> prepare_bare(const Image& image,
                                                              const StrategyOptions& options);

extern const Strategy kUserspace;
extern const Strategy kUserspaceNaive;
extern const Strategy kUserspaceCloseRange;
extern const Strategy kBare;

}  // namespace rb
