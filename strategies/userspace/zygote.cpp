#include "strategies/userspace/zygote.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

namespace rb {
namespace {

/// What a restored task must not inherit from bench: its signal handling,
/// descriptors, working directory, umask and thread-local registrations.
void leave_everything_behind(const ZygoteFiles& files) {
  ::prctl(PR_SET_NAME, "rst-zygote");
  // By hand: libc keeps 32 and 33 to itself, and uses them once it has threads.
  const std::uint64_t default_action[4] = {};
  for (int signal = 1; signal < 65; ++signal) {
    ::syscall(SYS_rt_sigaction, signal, default_action, nullptr, sizeof(std::uint64_t));
  }
  ::umask(022);
  if (::chdir("/") != 0) ::_exit(1);
  if (files.program.valid()) {
    // The sources may be on the very numbers that are wanted: lift them first.
    const int sources[] = {files.program.get(), files.control, files.image};
    int lifted[3];
    for (int i = 0; i < 3; ++i) lifted[i] = ::fcntl(sources[i], F_DUPFD, 10);
    for (int i = 0; i < 3; ++i) {
      if (::dup3(lifted[i], i, O_CLOEXEC) != i) ::_exit(1);
    }
    ::syscall(SYS_close_range, 3u, ~0u, 0u);
  } else {
    ::syscall(SYS_close_range, 0u, ~0u, 0u);
  }
  // libc's rseq area and robust list are about to be unmapped: the kernel
  // writes to the one on every return to user mode.
  if (__rseq_size != 0) {
    const auto self = reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer());
    const std::uintptr_t area = self + static_cast<std::uintptr_t>(__rseq_offset);
    const unsigned length = __rseq_size < 32 ? 32 : __rseq_size;
    ::syscall(SYS_rseq, area, length, RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
  }
  ::syscall(SYS_set_robust_list, nullptr, 24);
  ::syscall(SYS_set_tid_address, nullptr);
}

}  // namespace

Result<pid_t> start_zygote(const rst_control& control, const ZygoteFiles& files) {
  const pid_t parent = ::getpid();
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) {
    // With a pid namespace all of the tree dies; among the host's pids somebody has
    // to end it, and looks for the caller's death itself.
    if (control.own_namespace != 0) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    // Signals numbered 32 and 33 are hidden by libc; block them, too.
    const std::uint64_t everything = ~std::uint64_t{0};
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &everything, nullptr, sizeof everything);
    leave_everything_behind(files);
    // Offset 0 of the code is the jump to zygote_main(control).
    asm volatile(
        "mov %[stack], %%rsp\n\t"
        "xor %%ebp, %%ebp\n\t"
        "call *%[entry]\n\t"
        "ud2"
        :
        : [stack] "r"(control.zygote_stack), [entry] "r"(control.code), "D"(&control)
        : "memory");
    __builtin_unreachable();
  }
  const int error = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return fail_errno("cannot fork the restorer's zygote", error);
  return pid;
}

}  // namespace rb
