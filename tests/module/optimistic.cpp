// The tasks share memory, thread-local storage included, so what they run makes
// system calls by itself and calls nothing of libc.
#include "tests/module/optimistic.h"

#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>

#include "strategies/kernel/module/restart_uapi.h"

namespace rb::test {
namespace {

constexpr std::size_t kStackSize = 16384;

struct Shared {
  const rbi_task* tasks;
  const rbi_group* groups;
  std::uint32_t count;
  int device;
  char* stacks;
  const std::atomic<bool>* gate;
};
Shared shared;

long raw(long number, long a, long b = 0, long c = 0) {
  long result = number;
  asm volatile("syscall" : "+a"(result) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}

void run_task(std::uint32_t index);

[[noreturn]] void task_main(std::uint32_t index) {
  run_task(index);
  for (;;) raw(SYS_exit_group, 1);
}

long spawn(std::uint32_t index) {
  const rbi_group& group = shared.groups[shared.tasks[index].group];
  const bool thread = group.leader != index;
  int pid = static_cast<int>(shared.tasks[index].pid);
  clone_args args;
  __builtin_memset(&args, 0, sizeof args);
  args.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND;
  if (thread) args.flags |= CLONE_THREAD;
  args.exit_signal = thread ? 0 : group.exit_signal;
  args.stack = reinterpret_cast<__u64>(shared.stacks + index * kStackSize);
  args.stack_size = kStackSize;
  args.set_tid = reinterpret_cast<__u64>(&pid);
  args.set_tid_size = 1;
  long result = SYS_clone3;
  asm volatile(
      "mov %[index], %%r12d\n\t"
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %%r12d, %%edi\n\t"
      "call *%[main]\n\t"
      "1:"
      : "+a"(result)
      : "D"(&args), "S"(sizeof args), [index] "r"(index), [main] "b"(&task_main)
      : "rcx", "r11", "r12", "memory");
  return result;
}

bool has_threads(std::uint32_t leader) {
  for (std::uint32_t i = leader + 1; i < shared.count; ++i) {
    if (shared.tasks[i].group == shared.tasks[leader].group) return true;
  }
  return false;
}

bool is_child(std::uint32_t index, std::uint32_t creator) {
  const rbi_group& group = shared.groups[shared.tasks[index].group];
  if (group.leader != index) return group.leader == creator;
  return group.parent != RBI_NONE && shared.groups[group.parent].leader == creator;
}

void run_task(std::uint32_t index) {
  while (index == 0 && shared.gate != nullptr && !shared.gate->load()) raw(SYS_sched_yield, 0);
  const bool leader = shared.groups[shared.tasks[index].group].leader == index;
  if (leader && has_threads(index) &&
      raw(SYS_ioctl, shared.device, RESTART_ATTACH_SIGHAND, index) != 0) {
    return;
  }
  for (std::uint32_t i = index + 1; leader && i < shared.count; ++i) {
    if (is_child(i, index) && spawn(i) < 0) {
      raw(SYS_ioctl, shared.device, RESTART_ABORT, 0);
      return;
    }
  }
  raw(SYS_ioctl, shared.device, RESTART_ATTACH, index);
}

}  // namespace

int spawn_sharing_everything(const Image& image, int device, const std::atomic<bool>* gate) {
  shared = {image.tasks().data(),
            image.groups().data(),
            static_cast<std::uint32_t>(image.tasks().size()),
            device,
            nullptr,
            gate};
  void* stacks = ::mmap(nullptr, shared.count * kStackSize, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stacks == MAP_FAILED) return errno;
  shared.stacks = static_cast<char*>(stacks);
  const long pid = spawn(0);
  return pid < 0 ? static_cast<int>(-pid) : 0;
}

}  // namespace rb::test
