#include "harness/objects/refused_clones.h"

#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

namespace rb {

Status refuse_clones(unsigned count, unsigned long flags) {
  const pid_t taken = ::getpid();
  clone_args arguments{};
  arguments.flags = flags;
  arguments.exit_signal = (flags & CLONE_THREAD) != 0 ? 0 : SIGCHLD;
  arguments.set_tid = reinterpret_cast<std::uintptr_t>(&taken);
  arguments.set_tid_size = 1;
  for (unsigned i = 0; i < count; ++i) {
    const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
    RB_ASSERT(pid < 0);  // or this is a child on its creator's stack
    // EPERM: of who may not choose numbers; asked at the same place.
    if (errno != EEXIST && errno != EPERM) return fail_errno("clone3");
  }
  return {};
}

}  // namespace rb
