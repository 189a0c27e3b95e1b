#include "harness/capture/inject.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "harness/capture/signal_frame.h"
#include "harness/capture/trace.h"

namespace rb::capture {
namespace {

constexpr std::uint64_t kRedZone = 128;  // below rsp, the program's: System V ABI, 3.2.2
constexpr std::uint64_t kAllSignals = ~0ull;

tl::unexpected<Error> died(pid_t task, int error) {
  return fail_errno(fmt::format("cannot go on with task {}", task), error);
}

user_regs_struct with_call(user_regs_struct registers, std::uint64_t instruction, long number,
                           const CallArguments& arguments) {
  registers.rip = instruction;
  registers.orig_rax = ~0ull;  // nothing for the kernel to restart
  registers.rax = static_cast<unsigned long long>(number);
  registers.rdi = arguments[0];
  registers.rsi = arguments[1];
  registers.rdx = arguments[2];
  registers.r10 = arguments[3];
  registers.r8 = arguments[4];
  registers.r9 = arguments[5];
  return registers;
}

/// Runs a task that stands in front of a syscall instruction to behind it.
Result<long> through_call(pid_t task) {
  user_regs_struct registers{};
  int error = next_syscall_stop(task);              // at its entry
  if (error == 0) error = next_syscall_stop(task);  // at its exit
  if (error == 0) error = get_registers(task, registers);
  if (error != 0) return died(task, error);
  return static_cast<long>(registers.rax);
}

/// The address of a frame of that size below what the task has on its stack. Only of the
/// stack that the kernel has made is it known that nothing else lies there.
std::uint64_t room_on_stack(const user_regs_struct& registers, std::size_t size,
                            std::span<const ProcMapping> mappings) {
  const auto stack =
      std::find_if(mappings.begin(), mappings.end(), [&](const ProcMapping& mapping) {
        return mapping.growsdown && mapping.start <= registers.rsp && registers.rsp < mapping.end;
      });
  if (stack == mappings.end() || registers.rsp - stack->start < kRedZone + size + 64) return 0;
  return (registers.rsp - kRedZone - size) / 64 * 64;
}

}  // namespace

/// One call through the program's own code.
Result<long> Scratch::call(long number, const CallArguments& arguments) const {
  const user_regs_struct back = resumed(task_.cpu.general);
  user_regs_struct calling = with_call(back, gadgets_.call, number, arguments);
  int error = 0;
  if (stack_ != 0) {
    const auto frame = signal_frame(task_.cpu, task_.mask, stack_, gadgets_.sigreturn);
    error = write_memory(task_.tid, stack_, frame);
    calling.rip = gadgets_.call_and_return;
    calling.rsp = stack_;
  }
  // The registers first, then the mask, and back the other way: at each moment the task
  // could go on by itself.
  if (error == 0) error = set_registers(task_.tid, calling);
  if (error == 0) error = set_mask(task_.tid, kAllSignals);
  if (error != 0) return died(task_.tid, error);
  auto result = through_call(task_.tid);
  error = set_mask(task_.tid, task_.mask);
  if (error == 0) error = set_registers(task_.tid, back);
  if (error != 0) return died(task_.tid, error);
  return result;
}

Result<Scratch> Scratch::map(const StoppedTask& task, std::span<const ProcMapping> mappings,
                             std::size_t size, Gadgets& known) {
  known = find_gadgets(task.tid, mappings, known);
  const Gadgets& gadgets = known;
  if (gadgets.call == 0) {
    return fail(ErrorKind::kUnsupported,
                fmt::format("task {} has no syscall instruction mapped, so it cannot be asked for "
                            "its signal handlers",
                            task.tid));
  }
  const std::size_t frame = signal_frame_size(task.cpu);
  Scratch scratch(task, gadgets,
                  gadgets.all() ? room_on_stack(task.cpu.general, frame, mappings) : 0, size);
  const auto address = scratch.call(SYS_mmap, {0, size, PROT_READ | PROT_WRITE | PROT_EXEC,
                                               MAP_PRIVATE | MAP_ANONYMOUS, ~0ull, 0});
  if (!address) return tl::unexpected<Error>(address.error());
  if (*address < 0 && *address > -4096) {
    return fail_errno(fmt::format("task {} cannot map pages to be asked from", task.tid),
                      static_cast<int>(-*address));
  }
  scratch.address_ = static_cast<std::uint64_t>(*address);
  return scratch;
}

Status Scratch::unmap() {
  if (address_ == 0) return {};
  const std::uint64_t address = std::exchange(address_, 0);
  const auto result = call(SYS_munmap, {address, size_, 0, 0, 0, 0});
  if (!result) return tl::unexpected<Error>(result.error());
  if (*result != 0) {
    return fail_errno("pages to be asked from cannot be unmapped again",
                      static_cast<int>(-*result));
  }
  return {};
}

Scratch::~Scratch() { static_cast<void>(unmap()); }

}  // namespace rb::capture
