// The strategy `kernel`, and what it has in common with `optimistic`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "strategies/strategy.h"
#include "strategies/userspace/compile.h"

namespace rb {

/// Works the program of a restart out, anew for each: it is part of its cost.
using CompileProgram = std::function<Result<Program>(const ImageAt&)>;

/// A restarter that runs programs which use /dev/restart.
[[nodiscard]] Result<std::unique_ptr<Restarter>> open_device_restarter(
    const Image& image, const StrategyOptions& options, CompileProgram compile);

/// Whether this machine, its device and its limits allow a restart.
/// @param flags  of struct restart_load
[[nodiscard]] Status device_supports(const Image& image, const StrategyOptions& options,
                                     std::uint32_t flags);

/// What strategies with the device can do and need.
inline constexpr std::uint32_t kDeviceStrategyFlags =
    kRestoresTree | kOwnPidNamespace | kHostPids | kNeedsRoot | kNeedsDevice | kSharesAnything;

extern const Strategy kKernel;

}  // namespace rb
