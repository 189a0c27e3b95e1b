// Objects made and destroyed in one system call, with no task.
#pragma once

#include "base/error.h"

namespace rb {

/// Calls clone3(2) with these flags, `count` times, for a process number that is taken. The
/// kernel finds out after it has made all that the flags do not share, or taken references to
/// what they share, and gives it all up again: nothing is scheduled, waited for or reaped, which
/// would take more than a small object, and vary. Errors: kSystem.
[[nodiscard]] Status refuse_clones(unsigned count, unsigned long flags);

}  // namespace rb
