// Forks the zygote out of this process.
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "base/fd.h"
#include "strategies/userspace/restorer/program.h"

namespace rb {

/// Descriptors that the zygote, and each coordinator after it, is born with, on
/// the numbers 0, 1, 2; none where program is not valid.
struct ZygoteFiles {
  Fd program;        ///< what RST_EXEC execs
  int control = -1;  ///< the scaffold's memfd
  int image = -1;
};

/// Forks a process that unmaps everything but the scaffold, blocks all signals,
/// has no other descriptors, and serves control.zygote until this process ends
/// (with a pid namespace of its own: this thread).
[[nodiscard]] Result<pid_t> start_zygote(const rst_control& control, const ZygoteFiles& files);

}  // namespace rb
