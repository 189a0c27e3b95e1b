#include "harness/capture/trace.h"

#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <ctime>

namespace rb::capture {
namespace {

constexpr int kSyscallStop = SIGTRAP | 0x80;  // as PTRACE_O_TRACESYSGOOD marks it
constexpr int kEventShift = 16;               // of a wait status, ptrace(2)

template <class Request>
int request(Request what, pid_t tid, std::uint64_t address, const void* data) {
  // glibc's first parameter is an enum of its own.
  const auto call = static_cast<__ptrace_request>(what);
  return ::ptrace(call, tid, address, data) < 0 ? errno : 0;
}

const void* number(std::uint64_t value) { return reinterpret_cast<const void*>(value); }

sigset_t child_signal() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGCHLD);
  return set;
}

/// Until some task has stopped, or a millisecond at most: another thread may take the signal.
void sleep_until_stop() {
  const sigset_t set = child_signal();
  const timespec longest{0, 1'000'000};
  static_cast<void>(::sigtimedwait(&set, nullptr, &longest));
}

std::int64_t now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

bool is_event_stop(int status) { return status >> kEventShift == PTRACE_EVENT_STOP; }

int wait_stop(pid_t tid, int& status) {
  pid_t got = 0;
  do {
    got = ::waitpid(tid, &status, __WALL);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return errno;
  return WIFSTOPPED(status) ? 0 : ESRCH;
}

}  // namespace

int seize(pid_t tid) { return request(PTRACE_SEIZE, tid, 0, number(PTRACE_O_TRACESYSGOOD)); }

int interrupt(pid_t tid) { return request(PTRACE_INTERRUPT, tid, 0, nullptr); }

StopSignals::StopSignals() {
  const sigset_t set = child_signal();
  ::sigprocmask(SIG_BLOCK, &set, &before_);
}

StopSignals::~StopSignals() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

Stop wait_interrupted(pid_t tid, unsigned patience_ms) {
  std::int64_t deadline = 0;
  for (;;) {
    int status = 0;
    const pid_t got = ::waitpid(tid, &status, __WALL | WNOHANG);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Stop::kGone;
    if (got == 0) {
      if (deadline == 0) deadline = now_ms() + patience_ms;
      if (now_ms() >= deadline) return Stop::kNotYet;
      sleep_until_stop();
      continue;
    }
    if (!WIFSTOPPED(status)) return Stop::kGone;
    if (is_event_stop(status)) return WSTOPSIG(status) == SIGTRAP ? Stop::kStopped : Stop::kSignal;
    if (request(PTRACE_CONT, tid, 0, number(static_cast<unsigned>(WSTOPSIG(status)))) != 0) {
      return Stop::kGone;
    }
  }
}

int detach(pid_t tid) { return request(PTRACE_DETACH, tid, 0, nullptr); }

int get_registers(pid_t tid, user_regs_struct& registers) {
  return request(PTRACE_GETREGS, tid, 0, &registers);
}

int set_registers(pid_t tid, const user_regs_struct& registers) {
  return request(PTRACE_SETREGS, tid, 0, &registers);
}

int get_mask(pid_t tid, std::uint64_t& mask) {
  return request(PTRACE_GETSIGMASK, tid, sizeof mask, &mask);
}

int set_mask(pid_t tid, std::uint64_t mask) {
  return request(PTRACE_SETSIGMASK, tid, sizeof mask, &mask);
}

int next_syscall_stop(pid_t tid) {
  // No mask keeps a SIGSTOP out: it is handed on, and the stop that it makes is cut
  // short; the task goes back to it when it is detached.
  int signal = 0;
  for (;;) {
    if (const int error = request(PTRACE_SYSCALL, tid, 0, number(static_cast<unsigned>(signal)));
        error != 0) {
      return error;
    }
    int status = 0;
    if (const int error = wait_stop(tid, status); error != 0) return error;
    if (WSTOPSIG(status) == kSyscallStop) return 0;
    signal = is_event_stop(status) ? 0 : WSTOPSIG(status);
  }
}

int let_run(pid_t tid) { return request(PTRACE_CONT, tid, 0, nullptr); }

int wait_signal(pid_t tid, int signal) {
  for (;;) {
    int status = 0;
    if (const int error = wait_stop(tid, status); error != 0) return error;
    const bool event = is_event_stop(status);
    if (!event && WSTOPSIG(status) == signal) return 0;
    // As next_syscall_stop() does.
    const int other = event ? 0 : WSTOPSIG(status);
    if (const int error = request(PTRACE_CONT, tid, 0, number(static_cast<unsigned>(other)));
        error != 0) {
      return error;
    }
  }
}

int write_memory(pid_t tid, std::uint64_t address, std::span<const std::byte> bytes) {
  const iovec local = {const_cast<std::byte*>(bytes.data()), bytes.size()};
  const iovec remote = {reinterpret_cast<void*>(address), bytes.size()};
  const ssize_t wrote = ::process_vm_writev(tid, &local, 1, &remote, 1, 0);
  if (wrote < 0) return errno;
  return static_cast<std::size_t>(wrote) == bytes.size() ? 0 : EFAULT;
}

int read_memory(pid_t tid, std::uint64_t address, std::span<std::byte> bytes) {
  const iovec local = {bytes.data(), bytes.size()};
  const iovec remote = {reinterpret_cast<void*>(address), bytes.size()};
  const ssize_t got = ::process_vm_readv(tid, &local, 1, &remote, 1, 0);
  if (got < 0) return errno;
  return static_cast<std::size_t>(got) == bytes.size() ? 0 : EFAULT;
}

}  // namespace rb::capture
