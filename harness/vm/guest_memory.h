// How much memory a guest needs for an image.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "harness/matrix.h"
#include "harness/options.h"
#include "harness/parts.h"

namespace rb::vm {

/// Sizes in MiB.
struct GuestMemory {
  unsigned guest_mib = 0;    ///< of the machine
  unsigned touched_mib = 0;  ///< what the host has to have for it
};

/// For images up to some hundred MiB it is always the same, as counts depend on it a
/// little; for larger ones as much as they, their tree and what verifies it take.
/// @param image_bytes  the whole image
/// @param tasks        in it
[[nodiscard]] GuestMemory guest_memory(std::uint64_t image_bytes, std::uint64_t tasks);

/// The same, if `available_mib` are enough for it. Errors: kLacking.
/// @param name  of the image
[[nodiscard]] Result<GuestMemory> if_available(const GuestMemory& memory, unsigned available_mib,
                                               const std::string& name);

/// Memory that this machine could give to guests now: proc(5), MemAvailable.
[[nodiscard]] unsigned available_mib();

/// Of a guest that restarts this image: by its size, or as --vm-memory says. Errors:
/// kLacking where this machine has too little for it.
[[nodiscard]] Result<GuestMemory> memory_for(const ImageSource& source, const RunOptions& options,
                                             const Parts& parts);

}  // namespace rb::vm
