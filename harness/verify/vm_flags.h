// What VmFlags of /proc/PID/smaps say of advice and locks, as an image has it.
#pragma once

#include <cstdint>

#include "harness/verify/proc_parse.h"

namespace rb {

/// RBI_VMA_ADVICE, RBI_VMA_LOCKED and RBI_VMA_LOCKONFAULT of a mapping of smaps.
[[nodiscard]] std::uint32_t advice_of(const ProcMapping& mapping);

}  // namespace rb
