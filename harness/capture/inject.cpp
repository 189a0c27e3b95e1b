#include "harness/capture/inject.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

#include "harness/capture/trace.h"
#include "strategies/userspace/restorer/packet.h"

namespace rb::capture {
namespace {

// Offsets in the scratch: code, room for results, the frame, its XSAVE area.
constexpr std::uint64_t kRoomAt = 256;
constexpr std::uint64_t kFrameAt = 1024;
constexpr std::uint64_t kXstateAt = 2048;
constexpr std::uint64_t kScratchSize = 32 * 1024;  // an XSAVE area with AMX takes 11 KiB
static_assert(kFrameAt + sizeof(rst_signal_frame) <= kXstateAt);
static_assert(kRoomAt + Scratch::kRoom <= kFrameAt);

constexpr std::uint64_t kAllSignals = ~0ull;
// uc_flags: an XSAVE area; SS is given and restored as it is, asm/ucontext.h.
constexpr std::uint64_t kFrameFlags = 1 | 2 | 4;

/// syscall; mov $frame, %rsp; mov $15, %eax (rt_sigreturn); syscall; ud2
std::array<unsigned char, 21> calling_code(std::uint64_t frame) {
  std::array<unsigned char, 21> code = {0x0f, 0x05, 0x48, 0xbc, 0, 0, 0,    0,    0,    0,   0,
                                        0,    0xb8, 0x0f, 0,    0, 0, 0x0f, 0x05, 0x0f, 0x0b};
  std::memcpy(code.data() + 4, &frame, sizeof frame);
  return code;
}

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

/// One call at an instruction of the program's own.
Result<long> call_unprotected(pid_t task, std::uint64_t instruction, long number,
                              const CallArguments& arguments) {
  user_regs_struct before{};
  std::uint64_t mask = 0;
  int error = get_registers(task, before);
  if (error == 0) error = get_mask(task, mask);
  if (error == 0) error = set_mask(task, kAllSignals);  // no handler on the call's registers
  if (error == 0) {
    error = set_registers(task, with_call(before, instruction, number, arguments));
  }
  if (error != 0) return died(task, error);
  const auto result = through_call(task);
  error = set_registers(task, resumed(before));
  if (error == 0) error = set_mask(task, mask);
  if (error != 0) return died(task, error);
  return result;
}

/// The address of a syscall instruction: in the vDSO, else anywhere in the code.
std::uint64_t find_syscall(pid_t task, std::span<const ProcMapping> mappings) {
  constexpr std::size_t kChunk = 1u << 20;
  constexpr std::array<std::byte, 2> kCall = {std::byte{0x0f}, std::byte{0x05}};
  const auto look_in = [&](const ProcMapping& mapping) -> std::uint64_t {
    std::vector<std::byte> bytes;
    for (std::uint64_t at = mapping.start; at < mapping.end; at += kChunk) {
      bytes.resize(std::min<std::uint64_t>(kChunk, mapping.end - at));
      if (read_memory(task, at, bytes) != 0) return 0;
      const auto found = std::search(bytes.begin(), bytes.end(), kCall.begin(), kCall.end());
      if (found != bytes.end()) return at + static_cast<std::uint64_t>(found - bytes.begin());
    }
    return 0;
  };
  for (const bool vdso : {true, false}) {
    for (const ProcMapping& mapping : mappings) {
      if ((mapping.path == "[vdso]") != vdso || (mapping.prot & PROT_EXEC) == 0 ||
          (mapping.prot & PROT_READ) == 0 || mapping.path == "[vsyscall]") {
        continue;
      }
      if (const std::uint64_t found = look_in(mapping); found != 0) return found;
    }
  }
  return 0;
}

rst_signal_frame frame_for(const user_regs_struct& from, std::uint64_t mask,
                           std::uint64_t xstate_address) {
  rst_signal_frame frame{};
  frame.uc_flags = kFrameFlags;
  rst_sigcontext& to = frame.context;
  to.r8 = from.r8;
  to.r9 = from.r9;
  to.r10 = from.r10;
  to.r11 = from.r11;
  to.r12 = from.r12;
  to.r13 = from.r13;
  to.r14 = from.r14;
  to.r15 = from.r15;
  to.di = from.rdi;
  to.si = from.rsi;
  to.bp = from.rbp;
  to.bx = from.rbx;
  to.dx = from.rdx;
  to.ax = from.rax;
  to.cx = from.rcx;
  to.sp = from.rsp;
  to.ip = from.rip;
  to.flags = from.eflags;
  to.cs = static_cast<__u16>(from.cs);
  to.ss = static_cast<__u16>(from.ss);
  to.fpstate = xstate_address;
  frame.mask = mask;
  return frame;
}

}  // namespace

std::uint64_t Scratch::frame() const { return address_ + kFrameAt; }
std::uint64_t Scratch::room() const { return address_ + kRoomAt; }

Result<Scratch> Scratch::map(pid_t task, std::span<const ProcMapping> mappings) {
  const std::uint64_t instruction = find_syscall(task, mappings);
  if (instruction == 0) {
    return fail(ErrorKind::kUnsupported,
                fmt::format("task {} has no syscall instruction mapped, so it cannot be asked for "
                            "its signal handlers",
                            task));
  }
  Scratch scratch(task, instruction);
  const auto address = call_unprotected(
      task, instruction, SYS_mmap,
      {0, kScratchSize, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, ~0ull, 0});
  if (!address) return tl::unexpected<Error>(address.error());
  if (*address < 0 && *address > -4096) {
    return fail_errno(fmt::format("task {} cannot map a page to be asked from", task),
                      static_cast<int>(-*address));
  }
  scratch.address_ = static_cast<std::uint64_t>(*address);
  const auto code = calling_code(scratch.frame() + offsetof(rst_signal_frame, uc_flags));
  if (const int error = write_memory(task, scratch.address_, std::as_bytes(std::span(code)));
      error != 0) {
    return died(task, error);
  }
  return scratch;
}

Status Scratch::unmap() {
  if (address_ == 0) return {};
  const std::uint64_t address = std::exchange(address_, 0);
  const auto result =
      call_unprotected(task_, instruction_, SYS_munmap, {address, kScratchSize, 0, 0, 0, 0});
  if (!result) return tl::unexpected<Error>(result.error());
  if (*result != 0)
    return fail_errno("a page cannot be unmapped again", static_cast<int>(-*result));
  return {};
}

Scratch::~Scratch() { static_cast<void>(unmap()); }

Result<Calls> Calls::begin(const Scratch& scratch, pid_t task, const CpuState& before,
                           std::uint64_t mask) {
  // The frame first, then the registers, then the mask: at each moment the task could go on
  // by itself. Its alternate stack stays: rt_sigreturn(2) ignores the frame's if it is bad,
  // so it gets one that is.
  std::vector<std::byte> bytes(kXstateAt - kFrameAt);
  rst_signal_frame frame =
      frame_for(resumed_elsewhere(before.general), mask, scratch.code() + kXstateAt);
  frame.stack = {1, 0xff, 0, 1};
  std::memcpy(bytes.data(), &frame, sizeof frame);
  std::vector<std::byte> xstate = before.xstate;
  const rst_software_bytes software = {RST_MAGIC1,
                                       static_cast<__u32>(xstate.size() + sizeof(RST_MAGIC2)),
                                       0,
                                       static_cast<__u32>(xstate.size()),
                                       {}};
  // The components stay where ptrace(2) has put them: the mask is at the same place.
  std::memcpy(xstate.data() + RST_SOFTWARE_BYTES + offsetof(rst_software_bytes, xfeatures),
              before.xstate.data() + RST_SOFTWARE_BYTES, sizeof software.xfeatures);
  std::memcpy(xstate.data() + RST_SOFTWARE_BYTES, &software,
              offsetof(rst_software_bytes, xfeatures));
  std::memcpy(xstate.data() + RST_SOFTWARE_BYTES + offsetof(rst_software_bytes, xstate_size),
              &software.xstate_size, sizeof software - offsetof(rst_software_bytes, xstate_size));
  const __u32 magic = RST_MAGIC2;
  const auto* end = reinterpret_cast<const std::byte*>(&magic);
  bytes.insert(bytes.end(), xstate.begin(), xstate.end());
  bytes.insert(bytes.end(), end, end + sizeof magic);
  if (const int error = write_memory(task, scratch.frame(), bytes); error != 0) {
    return died(task, error);
  }
  // From here on the destructor gives the state back, whatever fails.
  Calls calls(scratch, task, resumed(before.general), mask);
  int error = set_registers(task, with_call(calls.resumed_, scratch.code(), SYS_getpid, {}));
  if (error == 0) error = set_mask(task, kAllSignals);
  if (error != 0) return died(task, error);
  return calls;
}

Result<long> Calls::call(long number, const CallArguments& arguments) {
  if (const int error =
          set_registers(task_, with_call(resumed_, scratch_->code(), number, arguments));
      error != 0) {
    return died(task_, error);
  }
  return through_call(task_);
}

Status Calls::read_room(std::span<std::byte> bytes) const {
  if (const int error = read_memory(task_, scratch_->room(), bytes); error != 0) {
    return died(task_, error);
  }
  return {};
}

Status Calls::end() {
  if (!open_) return {};
  open_ = false;
  int error = set_mask(task_, mask_);
  if (error == 0) error = set_registers(task_, resumed_);
  if (error != 0) return died(task_, error);
  return {};
}

Calls::~Calls() { static_cast<void>(end()); }

}  // namespace rb::capture
