#include "strategies/userspace/packets.h"

#include <array>
#include <csignal>
#include <cstring>

namespace rb {
namespace {

// Flags of struct ucontext, arch/x86/include/uapi/asm/ucontext.h.
constexpr __u64 kFpXstate = 1;
constexpr __u64 kSigcontextSs = 2;
constexpr __u64 kStrictRestoreSs = 4;
constexpr __u16 kUserCs = 0x33;
constexpr __u16 kUserSs = 0x2b;

void write_xstate(const Image& image, const rbi_registers& registers, std::byte* to) {
  const auto area = image.xstate(registers);
  const rst_software_bytes software = {.magic1 = RST_MAGIC1,
                                       .extended_size = registers.xstate_size + 4,
                                       .xfeatures = registers.xfeatures,
                                       .xstate_size = registers.xstate_size,
                                       .padding = {}};
  constexpr __u32 kMagic2 = RST_MAGIC2;
  std::memcpy(to, area.data(), area.size());
  std::memcpy(to + RST_SOFTWARE_BYTES, &software, sizeof software);
  std::memcpy(to + area.size(), &kMagic2, sizeof kMagic2);
}

[[nodiscard]] rst_signal_frame make_frame(const rbi_task& task, const rbi_registers& r,
                                          const std::byte* xstate) {
  rst_signal_frame frame{};
  frame.uc_flags = kFpXstate | kSigcontextSs | kStrictRestoreSs;
  frame.stack.sp = task.altstack_sp;
  frame.stack.flags = task.altstack_size != 0 ? task.altstack_flags : __u32{SS_DISABLE};
  frame.stack.size = task.altstack_size;
  frame.mask = task.blocked;
  rst_sigcontext& c = frame.context;
  c.r8 = r.r8;
  c.r9 = r.r9;
  c.r10 = r.r10;
  c.r11 = r.r11;
  c.r12 = r.r12;
  c.r13 = r.r13;
  c.r14 = r.r14;
  c.r15 = r.r15;
  c.di = r.rdi;
  c.si = r.rsi;
  c.bp = r.rbp;
  c.bx = r.rbx;
  c.dx = r.rdx;
  c.ax = r.rax;
  c.cx = r.rcx;
  c.sp = r.rsp;
  c.ip = r.rip;
  c.flags = r.rflags;
  c.cs = kUserCs;
  c.ss = kUserSs;
  c.fpstate = reinterpret_cast<__u64>(xstate);
  return frame;
}

/// Bytes of the record that a word of an op points at; 0 = it points at none.
struct Pointee {
  __u64 rst_op::*word = &rst_op::a;
  std::size_t size = 0;
};

[[nodiscard]] std::array<Pointee, 2> pointees(const rst_op& op) {
  switch (op.kind) {
    case RST_SET_MM:
      return {{{&rst_op::a, sizeof(rbi_mm)}, {&rst_op::b, op.y * sizeof(rbi_auxv)}}};
    case RST_ACTIONS:
      return {{{&rst_op::a, op.y * sizeof(rbi_action)}, {}}};
    case RST_QUEUE:
      return {{{&rst_op::a, op.y * sizeof(rbi_siginfo)}, {}}};
    case RST_ITIMERS:
      return {{{&rst_op::a, sizeof(rbi_group::itimers)}, {}}};
    case RST_NAME:
      return {{{&rst_op::a, RBI_NAME_LEN}, {}}};
    default:
      return {};
  }
}

}  // namespace

void place_ops(std::span<const rst_op> ops, std::span<const std::byte> image, rst_op* to,
               const std::byte* end) {
  std::memcpy(to, ops.data(), ops.size_bytes());
  auto* free = reinterpret_cast<std::byte*>(to + ops.size());
  const auto image_address = reinterpret_cast<__u64>(image.data());
  for (std::size_t i = 0; i < ops.size(); ++i) {
    if (ops[i].kind == RST_DEVICE_GIVE) {  // numbers follow, no ops
      i += (ops[i].z + RST_FDS_PER_OP - 1) / RST_FDS_PER_OP;
      continue;
    }
    for (const Pointee& pointee : pointees(ops[i])) {
      const __u64 from = ops[i].*pointee.word;
      const bool fits = pointee.size <= static_cast<std::size_t>(end - free);
      if (pointee.size == 0 || !fits) continue;
      std::memcpy(free, image.data() + (from - image_address), pointee.size);
      to[i].*pointee.word = reinterpret_cast<__u64>(free);
      free += (pointee.size + 7) / 8 * 8;
    }
  }
}

rst_packet make_packet(const Image& image, const TaskProgram& task, std::byte* stack,
                       std::uint64_t image_address) {
  const rbi_task& record = *task.record;
  const rbi_registers& registers = image.registers()[record.registers];
  write_xstate(image, registers, stack);

  rst_packet packet{};
  packet.flags = task.flags;
  if (task.contents != nullptr) {
    packet.fill_to = task.contents->address;
    packet.fill_size = task.contents->pages * RBI_PAGE_SIZE;
    packet.fill_from = image_address + task.contents->offset;
  }
  packet.fs_base = registers.fs_base;
  packet.gs_base = registers.gs_base;
  packet.clear_child_tid = record.clear_child_tid;
  packet.robust_list = record.robust_list;
  packet.robust_list_len = record.robust_list_len;
  packet.rseq = record.rseq;
  packet.rseq_len = record.rseq_len;
  packet.rseq_sig = record.rseq_sig;
  std::memcpy(packet.name, record.name, sizeof packet.name);
  packet.frame = make_frame(record, registers, stack);
  return packet;
}

}  // namespace rb
