#include "tests/support/sample_image.h"

#include <csignal>
#include <cstring>

namespace rb::test {
namespace {

constexpr __u64 kPage = RBI_PAGE_SIZE;

FillPages pattern(__u64 seed) {
  return [seed](std::span<std::byte> pages) {
    for (__u64 i = 0; i < pages.size() / 8; ++i) {
      const __u64 word = rbi_word(seed, i);
      std::memcpy(pages.data() + i * 8, &word, sizeof word);
    }
  };
}

/// Task 0 leads thread group 0, task 1 is its thread. Task 2 is a child that
/// leads a session; task 3 is its child in that session and shares its mm.
void add_tasks(ImageWriter& w) {
  rbi_task task{};
  task.altstack_flags = SS_DISABLE;

  rbi_task root = task;
  root.pid = 100;
  root.pending_first = 0;
  root.pending_count = 1;
  root.robust_list_len = 24;
  root.blocked = 1ull << (SIGUSR1 - 1);
  root.robust_list = 0x20001000;
  root.clear_child_tid = 0x20001040;
  root.rseq = 0x20001080;
  root.rseq_len = 32;
  root.rseq_sig = 0x53053053;
  root.altstack_sp = 0x20000000;
  root.altstack_size = 4096;
  root.altstack_flags = 0;
  std::strcpy(root.name, "root");

  rbi_task thread = task;
  thread.pid = 101;
  thread.registers = 1;
  std::strcpy(thread.name, "thread");

  rbi_task leader = task;
  leader.pid = 102;
  leader.group = 1;
  leader.mm = leader.files = leader.fs = leader.sighand = 1;
  leader.registers = 2;
  std::strcpy(leader.name, "leader");

  rbi_task member = task;
  member.pid = 103;
  member.group = 2;
  member.mm = member.files = 1;
  member.sighand = 2;
  member.registers = 3;
  std::strcpy(member.name, "15 bytes of it!");

  w.tasks = {root, thread, leader, member};
  w.groups = {
      {0, RBI_NONE, 100, 0, SIGCHLD, 1, 2, 0, {{1000, 500}, {0, 0}, {0, 250}}},
      {2, 0, 102, 102, SIGCHLD, 0, 0, 0, {}},
      {3, 1, 102, 102, 0, 0, 0, 0, {}},
  };
}

void add_memory(ImageWriter& w) {
  const std::uint32_t data = w.add_string("/tmp/sample/data");
  rbi_mm first{};
  first.vma_count = 6;
  first.auxv_count = 2;
  first.exe = w.add_string("/bin/true");
  first.flags = RBI_MM_LAYOUT;
  first.start_code = 0x10000000;
  first.end_code = 0x10002000;
  first.start_data = 0x20000000;
  first.end_data = 0x20002000;
  first.start_brk = 0x21000000;
  first.brk = 0x21000000;
  first.start_stack = 0x7ffe00003f00;
  first.arg_start = 0x7ffe00003f10;
  first.arg_end = 0x7ffe00003f20;
  first.env_start = 0x7ffe00003f20;
  first.env_end = 0x7ffe00003f30;
  rbi_mm second{};
  second.vma_first = 6;
  second.vma_count = 2;
  second.exe = RBI_NONE;

  w.vmas = {
      {0x10000000, 0x10002000, 0, 5, 0, RBI_VMA_ANON, RBI_NONE},
      {0x20000000, 0x20002000, 0, 3, 0, RBI_VMA_FILE, 0},
      {0x30000000, 0x30004000, 0, 3, RBI_VMA_SHARED, RBI_VMA_SHMEM, 1},
      {0x31000000, 0x31001000, kPage, 1, RBI_VMA_SHARED, RBI_VMA_FILE, 0},
      {0x7ffe00000000, 0x7ffe00004000, 0, 3, RBI_VMA_GROWSDOWN | RBI_VMA_STACK, RBI_VMA_ANON,
       RBI_NONE},
      {0x7ffe10000000, 0x7ffe10006000, 0, 5, 0, RBI_VMA_VDSO, RBI_NONE},
      {0x10000000, 0x10001000, 0, 7, RBI_VMA_NORESERVE, RBI_VMA_ANON, RBI_NONE},
      {0x30000000, 0x30002000, 2 * kPage, 1, RBI_VMA_SHARED, RBI_VMA_SHMEM, 1},
  };
  first.run_first = w.add_run(0x10000000, 1, pattern(1));
  w.add_run(0x20001000, 1, pattern(2));
  w.add_run(0x7ffe00002000, 2, pattern(3));
  first.run_count = 3;
  second.run_first = w.add_run(0x10000000, 1, pattern(4));
  second.run_count = 1;
  w.mms = {first, second};
  w.backings = {
      {RBI_BACKING_FILE, data, 2 * kPage, 0, 0},
      {RBI_BACKING_SHMEM, RBI_NONE, 4 * kPage, w.add_run(kPage, 2, pattern(5)), 1},
  };
  w.auxv = {{6 /* AT_PAGESZ */, kPage}, {0 /* AT_NULL */, 0}};
}

void add_files(ImageWriter& w) {
  const std::byte unread[] = {std::byte{'h'}, std::byte{'e'}, std::byte{'l'}, std::byte{'l'},
                              std::byte{'o'}};
  w.files = {{0, 4}, {4, 3}};
  w.fds = {
      {0, 2, 0, 0}, {1, 0, 0, 0}, {2, 0, RBI_FD_CLOEXEC, 0}, {10, 4, 0, 0},
      {3, 3, 0, 0}, {4, 1, 0, 0}, {5, 5, RBI_FD_CLOEXEC, 0},
  };
  w.ofds = {
      {RBI_OFD_FILE, w.add_string("/tmp/sample/data"), 02002, RBI_NONE, 1234, 0, 0},
      {RBI_OFD_DIRECTORY, w.add_string("/tmp/sample"), 0200000, RBI_NONE, 0, 0, 0},
      {RBI_OFD_DEVICE, w.add_string("/dev/null"), 2, RBI_NONE, 0, 0, 0},
      {RBI_OFD_PIPE_READ, RBI_NONE, 04000, 0, 0, 0, 0},
      {RBI_OFD_PIPE_WRITE, RBI_NONE, 1, 0, 0, 0, 0},
      {RBI_OFD_LISTEN_UNIX, w.add_string("sample-socket"), 2, RBI_NONE, 0, 16, 0},
  };
  w.pipes = {{65536, sizeof unread, w.add_bytes(unread)}};
  w.fs = {
      {w.add_string("/tmp"), w.add_string("/"), 022, 0},
      {w.add_string("/tmp/sample"), w.add_string("/"), 077, 0},
  };
  w.fixtures = {
      {RBI_FIXTURE_DIRECTORY, w.add_string("/tmp/sample"), 0700, 0, 0, 0},
      {RBI_FIXTURE_FILE, w.add_string("/tmp/sample/data"), 0600, 0, 2 * kPage, 42},
  };
}

void add_signals(ImageWriter& w) {
  w.sighands = {{0, 2}, {2, 1}, {0, 0}};
  w.actions = {
      {SIGINT, 0, 1 /* SIG_IGN */, 0, 0, 0},
      {SIGUSR1, 0, 0x10000100, 0x04000000u | SA_SIGINFO | SA_RESTART, 0x10000200,
       1ull << (SIGUSR2 - 1)},
      {40, 0, 0x10000300, 0x04000000, 0x10000200, 0},
  };
  w.pending = {
      {SIGUSR1, 0, SI_TKILL, 0, {100}},
      {SIGUSR2, 0, SI_QUEUE, 0, {100, 7}},
      {40, 0, SI_QUEUE, 0, {100, 8}},
  };
}

void add_registers(ImageWriter& w) {
  constexpr std::uint32_t kMxcsrDefault = 0x1f80;
  constexpr std::uint64_t kBoth = RBI_XFEATURES_LEGACY;
  std::byte area[RBI_XSAVE_MIN] = {};
  std::memcpy(area + 24, &kMxcsrDefault, sizeof kMxcsrDefault);
  std::memcpy(area + 512, &kBoth, sizeof kBoth);
  for (__u64 i = 0; i < 4; ++i) {
    rbi_registers registers{};
    registers.rax = rbi_word(i, 0);
    registers.rip = 0x10000000 + 16 * i;
    registers.rflags = 0x246;
    registers.rsp = 0x20001000;
    registers.fs_base = 0x20000100;
    registers.xfeatures = RBI_XFEATURES_LEGACY;
    registers.xstate = w.add_xstate(area);
    registers.xstate_size = sizeof area;
    w.registers.push_back(registers);
  }
}

}  // namespace

ImageWriter sample_image() {
  ImageWriter writer;
  add_tasks(writer);
  add_memory(writer);
  add_files(writer);
  add_signals(writer);
  add_registers(writer);
  return writer;
}

}  // namespace rb::test
