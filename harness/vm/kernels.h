// The kernels that a virtual machine can boot, and the modules built for them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace rb::vm {

/// A kernel on this machine.
struct Kernel {
  std::string version;  ///< uname -r, "6.1.0-56-cloud-amd64"
  std::string path;     ///< of its bzImage
  std::string module;   ///< path of restart.ko for it; empty if there is none
  /// Directory of its own loadable modules, /lib/modules/VERSION where it is installed; there
  /// may be none.
  std::string modules = {};
};

/// Where kernels and modules are looked for.
struct KernelPlaces {
  std::vector<std::string> kernels;  ///< directories with vmlinuz-VERSION
  std::vector<std::string> modules;  ///< directories with VERSION/…restart.ko
};

/// /boot, the cache that scripts/setup fills, build/module next to this program,
/// /lib/modules.
[[nodiscard]] KernelPlaces kernel_places();

/// The version that the header of a bzImage names (Documentation/x86/boot.rst).
[[nodiscard]] Result<std::string> bzimage_version(const std::string& path);

/// Which of the versions to take if none was asked for, and if several fit: one
/// with a module before one without, then Debian 12's own cloud kernel, then any
/// cloud kernel, then the newest.
[[nodiscard]] bool is_better(const Kernel& a, const Kernel& b);

/// All kernels in those places that can be read, the best first.
[[nodiscard]] std::vector<Kernel> find_kernels(const KernelPlaces& places);

/// What --vm-kernel asks for: a path (with a '/'), a version or its beginning, or
/// nothing. Errors: kLacking if there is no kernel, or it cannot be read.
[[nodiscard]] Result<Kernel> choose_kernel(const std::string& asked, const KernelPlaces& places);

}  // namespace rb::vm
