// ptrace(2) of stopped tasks, as far as a capture needs it.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <csignal>
#include <cstdint>
#include <span>

namespace rb::capture {

// All return 0 or an errno; ESRCH is a task that died.

/// Attaches to a task without stopping it (PTRACE_SEIZE). If this process dies, the
/// kernel lets the task go on: PTRACE_O_EXITKILL is never set.
[[nodiscard]] int seize(pid_t tid);

/// Asks a seized task to stop; wait_interrupted() tells when it has.
[[nodiscard]] int interrupt(pid_t tid);

/// How a task came to the stop that interrupt() asked for.
enum class Stop {
  kStopped,  ///< In front of its next own instruction.
  kSignal,   ///< It was stopped already, by a SIGSTOP or its like.
  kGone,     ///< It ended; reaped as far as it is this process's to reap.
  kNotYet,   ///< It does not stop: it is in a sleep that nothing interrupts.
};

/// Keeps SIGCHLD, which tells of stops, for wait_interrupted() while it lives.
class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

 private:
  sigset_t before_{};
};

/// Waits for the stop of an interrupted task. Signals that it meets first are handed on.
/// @param patience_ms  how long; 0 = look once
[[nodiscard]] Stop wait_interrupted(pid_t tid, unsigned patience_ms);

/// Lets a stopped task go on untraced. One that has not stopped yet is not let go of.
[[nodiscard]] int detach(pid_t tid);

[[nodiscard]] int get_registers(pid_t tid, user_regs_struct& registers);
[[nodiscard]] int set_registers(pid_t tid, const user_regs_struct& registers);

/// The mask that holds outside of a call that changes it for its own time, as sigsuspend(2).
[[nodiscard]] int get_mask(pid_t tid, std::uint64_t& mask);
[[nodiscard]] int set_mask(pid_t tid, std::uint64_t mask);

/// Runs a stopped task up to its next system call's entry or exit.
[[nodiscard]] int next_syscall_stop(pid_t tid);

/// Lets a stopped task run.
[[nodiscard]] int let_run(pid_t tid);

/// Waits until a task that was let run is about to get a signal.
[[nodiscard]] int wait_signal(pid_t tid, int signal);

/// Memory that the task itself may write to, and read.
[[nodiscard]] int write_memory(pid_t tid, std::uint64_t address, std::span<const std::byte> bytes);
[[nodiscard]] int read_memory(pid_t tid, std::uint64_t address, std::span<std::byte> bytes);

}  // namespace rb::capture
