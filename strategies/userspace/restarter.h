// The userspace strategies: plan, compile, run.
#pragma once

#include <memory>

#include "strategies/strategy.h"
#include "strategies/userspace/descriptors.h"

namespace rb {

/// Whether a tree of stock system calls can become this image, on this machine.
[[nodiscard]] Status userspace_supports(const Image& image, const StrategyOptions& options);

/// A restarter that opens descriptors in the given order.
[[nodiscard]] Result<std::unique_ptr<Restarter>> prepare_userspace(const Image& image,
                                                                   const StrategyOptions& options,
                                                                   DescriptorOrder order);

extern const Strategy kUserspace;
extern const Strategy kUserspaceNaive;
extern const Strategy kUserspaceCloseRange;

}  // namespace rb
