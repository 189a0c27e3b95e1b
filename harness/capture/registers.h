// The CPU state of a stopped task, and what it is to go on with.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "image/format.h"

namespace rb::capture {

/// As ptrace(2) has it.
struct CpuState {
  user_regs_struct general{};
  std::vector<std::byte> xstate;  ///< NT_X86_XSTATE
};

/// @return errno
[[nodiscard]] int read_cpu_state(pid_t tid, CpuState& state);

/// Whether the stop interrupted a system call that the kernel would go on with by itself.
[[nodiscard]] bool interrupts_call(const user_regs_struct& registers);

/// The registers that a task must have to go on from where it was stopped, where the
/// kernel does not see to an interrupted call itself: after another call. The call is
/// made again; one with a timeout goes on by restart_syscall(2).
[[nodiscard]] user_regs_struct resumed(user_regs_struct registers);

/// The same for another task, that is to go on in its place: there restart_syscall(2)
/// knows of nothing, and the call ends with EINTR.
[[nodiscard]] user_regs_struct resumed_elsewhere(user_regs_struct registers);

/// The record of an image, without its XSAVE area's place. Leaves out state components
/// that are in their initial state.
/// @param xstate  cut to what is left
[[nodiscard]] rbi_registers make_registers(const user_regs_struct& resumed,
                                           std::vector<std::byte>& xstate);

}  // namespace rb::capture
