#include "harness/objects/gated_clones.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <ctime>

namespace rb {
namespace {

/// @return whether it was woken, or had no need to wait, within `seconds`
bool futex_wait(const std::uint32_t& word, std::uint32_t value, long seconds) {
  const timespec timeout = {seconds, 0};
  const long result = ::syscall(SYS_futex, &word, FUTEX_WAIT, value, &timeout, nullptr, 0);
  return result == 0 || errno != ETIMEDOUT;
}

constexpr long kPatience = 30;  // seconds: a task that died does not arrive

std::uint32_t load(const std::uint32_t& word) { return __atomic_load_n(&word, __ATOMIC_ACQUIRE); }

/// clone(2). The child arrives, waits until `go` is not 0, and exits; all in registers,
/// as it may be on this very stack.
long clone_to_gate(unsigned long flags, std::uint32_t* tid, std::uint32_t* arrived,
                   std::uint32_t* go, std::uint64_t expected) {
  long result = SYS_clone;
  register std::uint32_t* child_tid asm("r10") = tid;
  register std::uint64_t tls asm("r8") = 0;
  register std::uint32_t* arrived_at asm("r12") = arrived;
  register std::uint32_t* go_at asm("r13") = go;
  register std::uint64_t last asm("r14") = expected;
  std::uint32_t* parent_tid = nullptr;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 9f\n\t"
      "mov $1, %%eax\n\t"
      "lock xaddl %%eax, (%%r12)\n\t"
      "inc %%eax\n\t"
      "cmp %%eax, %%r14d\n\t"
      "jne 1f\n\t"
      "mov $202, %%eax\n\t"  // futex(arrived, FUTEX_WAKE, 1)
      "mov %%r12, %%rdi\n\t"
      "mov $1, %%esi\n\t"
      "mov $1, %%edx\n\t"
      "syscall\n\t"
      "1: mov $202, %%eax\n\t"  // futex(go, FUTEX_WAIT, 0, NULL)
      "mov %%r13, %%rdi\n\t"
      "xor %%esi, %%esi\n\t"
      "xor %%edx, %%edx\n\t"
      "xor %%r10d, %%r10d\n\t"
      "syscall\n\t"
      "cmpl $0, (%%r13)\n\t"
      "je 1b\n\t"
      "mov $60, %%eax\n\t"  // exit(0)
      "xor %%edi, %%edi\n\t"
      "syscall\n\t"
      "9:"
      : "+a"(result), "+D"(flags), "+d"(parent_tid), "+r"(child_tid)
      : "S"(0l), "r"(tls), "r"(arrived_at), "r"(go_at), "r"(last)
      : "rcx", "r11", "memory");
  return result;
}

}  // namespace

GatedClones::GatedClones()
    : page_(
          ::mmap(nullptr, sizeof(Gate), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0),
          sizeof(Gate)) {
  RB_ASSERT(page_.data() != MAP_FAILED);
}

Status GatedClones::create(unsigned count, unsigned long flags) {
  RB_ASSERT(count <= kMost && count_ == 0);
  Gate& at = gate();
  at.arrived = at.go = 0;
  at.expected = count;
  threads_ = (flags & CLONE_THREAD) != 0;
  flags |= threads_ ? CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID : SIGCHLD;
  for (; count_ < count; ++count_) {
    at.tids[count_] = 1;
    const long pid = clone_to_gate(flags, &at.tids[count_], &at.arrived, &at.go, at.expected);
    if (pid < 0) {
      end();
      return fail_errno("clone", static_cast<int>(-pid));
    }
    pids_[count_] = static_cast<pid_t>(pid);
  }
  for (std::uint32_t seen = 0; (seen = load(at.arrived)) < count;) {
    if (futex_wait(at.arrived, seen, kPatience)) continue;
    end();
    return fail(ErrorKind::kSystem, "a task that was made did not arrive");
  }
  return {};
}

void GatedClones::end() {
  Gate& at = gate();
  __atomic_store_n(&at.go, 1, __ATOMIC_RELEASE);
  ::syscall(SYS_futex, &at.go, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  for (; count_ > 0; --count_) {
    if (!threads_) {
      while (::waitpid(pids_[count_ - 1], nullptr, __WALL) < 0 && errno == EINTR) {
      }
      continue;
    }
    std::uint32_t& tid = at.tids[count_ - 1];
    for (std::uint32_t seen = 0; (seen = load(tid)) != 0;) {
      if (!futex_wait(tid, seen, kPatience)) break;
    }
  }
}

}  // namespace rb
