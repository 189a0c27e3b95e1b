#include "harness/capture/signal_frame.h"

#include <algorithm>
#include <cstring>

#include "strategies/userspace/restorer/packet.h"

namespace rb::capture {
namespace {

constexpr std::size_t kXstateAt = 1024;
static_assert(sizeof(rst_signal_frame) <= kXstateAt);
static_assert(offsetof(rst_signal_frame, uc_flags) == kFrameContext);

// An XSAVE area; SS is given and restored as it is: asm/ucontext.h.
constexpr std::uint64_t kFrameFlags = 1 | 2 | 4;

rst_sigcontext context_of(const user_regs_struct& from, std::uint64_t xstate) {
  rst_sigcontext to{};
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
  to.fpstate = xstate;
  return to;
}

/// The bytes that software has in an XSAVE area, with XCR0 where ptrace(2) has put it.
void add_software_bytes(std::vector<std::byte>& xstate) {
  rst_software_bytes software{};
  auto* const at = xstate.data() + RST_SOFTWARE_BYTES;
  // ptrace(2) has it in the first eight bytes, a signal frame behind two words.
  std::memcpy(&software.xfeatures, at, sizeof software.xfeatures);
  software.magic1 = RST_MAGIC1;
  software.xstate_size = static_cast<__u32>(xstate.size());
  // Behind the area stands RST_MAGIC2.
  software.extended_size = static_cast<__u32>(xstate.size() + sizeof(__u32));
  std::memcpy(at, &software, sizeof software);
}

}  // namespace

std::size_t signal_frame_size(const CpuState& before) {
  return kXstateAt + before.xstate.size() + sizeof(__u32);  // and RST_MAGIC2
}

std::vector<std::byte> signal_frame(const CpuState& before, std::uint64_t mask,
                                    std::uint64_t address, std::uint64_t returns_to) {
  rst_signal_frame frame{};
  frame.return_address = returns_to;
  frame.uc_flags = kFrameFlags;
  // An alternate stack that is refused, which rt_sigreturn(2) ignores: it stays as it is.
  frame.stack = {1, 0xff, 0, 1};
  frame.context = context_of(resumed_elsewhere(before.general), address + kXstateAt);
  frame.mask = mask;

  std::vector<std::byte> bytes;
  bytes.reserve(signal_frame_size(before));
  bytes.resize(kXstateAt);
  std::memcpy(bytes.data(), &frame, sizeof frame);
  std::vector<std::byte> xstate = before.xstate;
  add_software_bytes(xstate);
  bytes.insert(bytes.end(), xstate.begin(), xstate.end());
  const __u32 magic = RST_MAGIC2;
  const auto* end = reinterpret_cast<const std::byte*>(&magic);
  bytes.insert(bytes.end(), end, end + sizeof magic);
  return bytes;
}

}  // namespace rb::capture
