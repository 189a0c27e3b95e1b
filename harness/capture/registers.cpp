#include "harness/capture/registers.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "harness/verify/xsave_parts.h"

namespace rb::capture {
namespace {

// Results that never reach a program, include/linux/errno.h.
constexpr long kRestartSys = -512;
constexpr long kRestartNoHandler = -514;
constexpr long kRestartBlock = -516;
constexpr unsigned kCallLength = 2;  // bytes of the instruction syscall

constexpr std::size_t kSoftwareXfeatures = 464;  // where ptrace(2) puts XCR0, asm/user.h
constexpr std::size_t kXstateBv = 512;
constexpr std::size_t kMaxXstate = 1u << 16;

/// Bytes of an XSAVE area in the standard format with these components.
std::size_t area_size(std::uint64_t features) {
  std::size_t size = RBI_XSAVE_MIN;
  for (unsigned component = 2; component < kXsaveComponents; ++component) {
    const XsavePart& part = xsave_parts()[component];
    if ((features >> component & 1) != 0) size = std::max(size, part.offset + part.size);
  }
  return size;
}

}  // namespace

int read_cpu_state(pid_t tid, CpuState& state) {
  iovec area = {&state.general, sizeof state.general};
  if (::ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &area) != 0) return errno;
  // Read into a common buffer: one of that size for each of many tasks takes page faults.
  static std::array<std::byte, kMaxXstate> buffer;
  area = {buffer.data(), buffer.size()};
  if (::ptrace(PTRACE_GETREGSET, tid, NT_X86_XSTATE, &area) != 0) return errno;
  state.xstate.assign(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(area.iov_len));
  return 0;
}

bool interrupts_call(const user_regs_struct& registers) {
  const long result = static_cast<long>(registers.rax);
  return static_cast<long>(registers.orig_rax) >= 0 &&
         ((result <= kRestartSys && result >= kRestartNoHandler) || result == kRestartBlock);
}

namespace {

/// poll(2) without a timeout: to make the call again is the same as to go on with it.
bool polls_forever(const user_regs_struct& registers) {
  return registers.orig_rax == SYS_poll && static_cast<int>(registers.rdx) < 0;
}

bool needs_block(const user_regs_struct& registers) {
  return static_cast<long>(registers.rax) == kRestartBlock && !polls_forever(registers);
}

}  // namespace

user_regs_struct resumed(user_regs_struct registers) {
  if (interrupts_call(registers)) {
    const bool block = needs_block(registers);
    registers.rip -= kCallLength;
    registers.rax =
        block ? static_cast<unsigned long long>(SYS_restart_syscall) : registers.orig_rax;
  }
  registers.orig_rax = ~0ull;
  return registers;
}

user_regs_struct resumed_elsewhere(user_regs_struct registers) {
  if (needs_block(registers) && interrupts_call(registers)) {
    registers.rax = static_cast<unsigned long long>(-EINTR);
    registers.orig_rax = ~0ull;
    return registers;
  }
  return resumed(registers);
}

rbi_registers make_registers(const user_regs_struct& from, std::vector<std::byte>& xstate) {
  rbi_registers to{};
  to.r15 = from.r15;
  to.r14 = from.r14;
  to.r13 = from.r13;
  to.r12 = from.r12;
  to.rbp = from.rbp;
  to.rbx = from.rbx;
  to.r11 = from.r11;
  to.r10 = from.r10;
  to.r9 = from.r9;
  to.r8 = from.r8;
  to.rax = from.rax;
  to.rcx = from.rcx;
  to.rdx = from.rdx;
  to.rsi = from.rsi;
  to.rdi = from.rdi;
  to.rip = from.rip;
  to.rflags = from.eflags | 0x202;  // bit 1 and IF read as set in user mode
  to.rsp = from.rsp;
  to.fs_base = from.fs_base;
  to.gs_base = from.gs_base;

  std::uint64_t features = 0;
  std::uint64_t used = 0;
  std::memcpy(&features, xstate.data() + kSoftwareXfeatures, sizeof features);
  std::memcpy(&used, xstate.data() + kXstateBv, sizeof used);
  // Components in their initial state are what rt_sigreturn(2) makes of those left out. So
  // the image needs no CPU that has more than the program uses.
  features &= used | RBI_XFEATURES_LEGACY;
  xstate.resize((std::min(xstate.size(), area_size(features)) + 7) / 8 * 8);
  // Software's own bytes: the kernel fills them in for each signal frame.
  std::fill_n(xstate.begin() + kSoftwareXfeatures, 48, std::byte{});
  to.xfeatures = features;
  to.xstate_size = static_cast<__u32>(xstate.size());
  return to;
}

}  // namespace rb::capture
