// Instructions of a program's own that a task can be made to call through.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>

#include "harness/verify/proc_parse.h"

namespace rb::capture {

/// Addresses; 0 = there is none.
struct Gadgets {
  std::uint64_t call = 0;             ///< syscall
  std::uint64_t call_and_return = 0;  ///< syscall; ret
  std::uint64_t sigreturn = 0;        ///< mov $15, %eax; syscall: what signal handlers return to

  [[nodiscard]] bool all() const { return call_and_return != 0 && sigreturn != 0; }
};

/// Looks through the code that a stopped task has mapped: each C library has all three.
/// @param known  where another process has them, which forks of it have, too: looked at first
[[nodiscard]] Gadgets find_gadgets(pid_t task, std::span<const ProcMapping> mappings,
                                   const Gadgets& known = {});

}  // namespace rb::capture
