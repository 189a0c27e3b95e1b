#include "tests/support/sample_image.h"

#include <sys/socket.h>

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
  task.credentials = RBI_NONE;

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
  root.credentials = 0;
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
      {0, RBI_NONE, 100, 0, SIGCHLD, 1, 2, 3, {{1000, 500}, {0, 0}, {0, 250}}, 0, 2, 0, 2, -5, 0},
      {2, 0, 102, 102, SIGCHLD, 0, 0, RBI_GROUP_TERMINAL, {}, 2, 1, 0, 0, 0, 0},
      {3, 1, 102, 102, 0, 0, 0, RBI_GROUP_TERMINAL, {}, 0, 0, 0, 0, 0, 0},
  };
}

void add_memory(ImageWriter& w) {
  const std::uint32_t data = w.add_string("/tmp/sample/data");
  rbi_mm first{};
  first.vma_count = 6;
  first.auxv_count = 2;
  first.exe = w.add_string("/bin/true");
  first.flags = RBI_MM_LAYOUT | RBI_MM_NO_HUGE_PAGES | RBI_MM_LOCK_FUTURE | RBI_MM_LOCK_ONFAULT;
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
      {0x10000000, 0x10001000, 0, 7, RBI_VMA_NORESERVE | RBI_VMA_RANDOM | RBI_VMA_DONTFORK,
       RBI_VMA_ANON, RBI_NONE},
      {0x30000000, 0x30002000, 2 * kPage, 1, RBI_VMA_SHARED | RBI_VMA_LOCKED, RBI_VMA_SHMEM, 1},
  };
  first.run_first = w.add_run(0x10000000, 1, pattern(1));
  w.add_run(0x20001000, 1, pattern(2));
  w.add_run(0x7ffe00002000, 2, pattern(3));
  first.run_count = 3;
  second.run_first = w.add_run(0x10000000, 1, pattern(4));
  second.run_count = 1;
  w.mms = {first, second};
  w.backings = {
      {RBI_BACKING_FILE, data, 2 * kPage, 0, 0, 0, 0},
      {RBI_BACKING_SHMEM, RBI_NONE, 4 * kPage, w.add_run(kPage, 2, pattern(5)), 1, 0, 0},
      {RBI_BACKING_MEMFD, w.add_string("sample"), 100, w.add_run(0, 1, pattern(6)), 1, 6, 0600},
      {RBI_BACKING_DELETED, w.add_string("/tmp/gone"), kPage + 1, 0, 0, 0, 0640},
  };
  w.auxv = {{6 /* AT_PAGESZ */, kPage}, {0 /* AT_NULL */, 0}};
}

void add_files(ImageWriter& w) {
  const std::byte unread[] = {std::byte{'h'}, std::byte{'e'}, std::byte{'l'}, std::byte{'l'},
                              std::byte{'o'}};
  w.files = {{0, 4}, {4, 16}};
  w.fds = {
      {0, 2, 0, 0},
      {1, 0, 0, 0},
      {2, 0, RBI_FD_CLOEXEC, 0},
      {10, 4, 0, 0},
      {3, 3, 0, 0},
      {4, 1, 0, 0},
      {5, 5, RBI_FD_CLOEXEC, 0},
      {6, 6, 0, 0},
      {7, 7, 0, 0},
      {8, 8, 0, 0},
      {9, 9, 0, 0},
      {10, 10, 0, 0},
      {11, 11, 0, 0},
      {12, 12, 0, 0},
      {13, 13, 0, 0},
      {14, 14, 0, 0},
      {15, 15, 0, 0},
      {16, 16, 0, 0},
      {17, 17, 0, 0},
      {18, 18, 0, 0},
  };
  w.ofds = {
      {RBI_OFD_FILE, w.add_string("/tmp/sample/data"), 02002, RBI_NONE, 1234, 0, 0, 2, 0},
      {RBI_OFD_DIRECTORY, w.add_string("/tmp/sample"), 0200000, RBI_NONE, 0, 0, 0, 0, 0},
      {RBI_OFD_DEVICE, w.add_string("/dev/null"), 2, RBI_NONE, 0, 0, 0, 0, 0},
      {RBI_OFD_PIPE_READ, RBI_NONE, 04000, 0, 0, 0, 0, 0, 0},
      {RBI_OFD_PIPE_WRITE, RBI_NONE, 1, 0, 0, 0, 0, 0, 0},
      {RBI_OFD_SOCKET, RBI_NONE, 2, 0, 0, 0, 0, 0, 0},
      {RBI_OFD_SOCKET, RBI_NONE, 024002, 1, 0, 100, 40, 0, 0},
      {RBI_OFD_SOCKET, RBI_NONE, 2, 2, 0, -102, 0, 0, 0},
      {RBI_OFD_SOCKET, RBI_NONE, 2, 3, 0, 0, 0, 0, 0},
      {RBI_OFD_FIFO, w.add_string("/tmp/sample/fifo"), 2, 1, 0, 0, 0, 0, 0},
      {RBI_OFD_MEMFD, RBI_NONE, 2, 2, 8, 0, 0, 0, 0},
      {RBI_OFD_DELETED, RBI_NONE, 02001, 3, 9, 0, 0, 1, 0},
      {RBI_OFD_EVENTFD, RBI_NONE, 2, 0, 0, 0, 0, 0, 0},
      {RBI_OFD_TIMERFD, RBI_NONE, 04002, 1, 0, 0, 0, 0, 0},
      {RBI_OFD_EPOLL, RBI_NONE, 2, RBI_NONE, 0, 0, 0, 0, 0},
      {RBI_OFD_INOTIFY, RBI_NONE, 04000, RBI_NONE, 0, 0, 0, 0, 0},
      {RBI_OFD_PTY_MASTER, w.add_string("/dev/ptmx"), 0100002, 0, 0, 0, 0, 0, 0},
      {RBI_OFD_PTY_SLAVE, w.add_string("/dev/pts/3"), 0100002, 0, 0, 0, 0, 0, 0},
      {RBI_OFD_PTY_SLAVE, w.add_string("/dev/pts/4"), 0100000, 1, 0, 0, 0, 0, 0},
  };
  w.pipes = {{65536, sizeof unread, w.add_bytes(unread)}, {4096, 0, 0}};
  w.fs = {
      {w.add_string("/tmp"), w.add_string("/"), 022, 0},
      {w.add_string("/tmp/sample"), w.add_string("/"), 077, 0},
  };
  w.fixtures = {
      {RBI_FIXTURE_DIRECTORY, w.add_string("/tmp/sample"), 0700, 0, 0, 0},
      {RBI_FIXTURE_FILE, w.add_string("/tmp/sample/data"), 0600, 0, 2 * kPage, 42},
  };
}

/// A Unix and an IPv4 listener, and a pair of which one end has two messages.
void add_sockets(ImageWriter& w) {
  const std::byte unread[] = {std::byte{'a'}, std::byte{'b'}, std::byte{'c'}};
  rbi_socket named = unnamed_socket(AF_UNIX, SOCK_STREAM, RBI_SOCKET_LISTENING);
  named.options = RBI_SOCKET_ABSTRACT;
  named.backlog = 16;
  named.path = w.add_string("sample-socket");
  rbi_socket left = unnamed_socket(AF_UNIX, SOCK_DGRAM, RBI_SOCKET_PAIR);
  left.peer = 2;
  rbi_socket right = left;
  right.peer = 1;
  rbi_socket internet = unnamed_socket(AF_INET, SOCK_STREAM, RBI_SOCKET_LISTENING);
  internet.options = RBI_SOCKET_REUSEADDR | RBI_SOCKET_NODELAY;
  internet.backlog = 511;
  internet.send_buffer = 16384;
  internet.port = 8080;
  internet.address[0] = 0x0100007f;  // 127.0.0.1
  w.sockets = {named, left, right, internet};
  w.messages = {{2, 3, w.add_bytes(unread)}, {2, 1, w.add_bytes(std::span(unread).first(1))}};
}

void add_events(ImageWriter& w) {
  w.events = {{0, RBI_EVENT_SEMAPHORE, 3, 0, 0}, {1, RBI_EVENT_ABSTIME, 500, 1000, 2}};
  w.epoll_items = {{14, 7, 7, 0x2001, 0x77}, {14, 12, 12, 0x80000001, 12}};
  w.watches = {{15, 1, 0x3c0, w.add_string("/tmp/sample")}};
  w.locks = {{0, 0, 1, 100, 10, 20}, {RBI_NONE, 0, 0, 0, 100, 0}};
}

/// The terminal of the second group's session, with unread bytes; and one that is hung up.
void add_ptys(ImageWriter& w) {
  const std::byte unread[] = {std::byte{'x'}, std::byte{'\n'}, std::byte{'y'}};
  rbi_pty pty{};
  pty.number = 3;
  pty.flags = RBI_PTY_PACKET | RBI_PTY_EXCLUSIVE;
  pty.sid = pty.foreground = 102;
  pty.input_flags = 02400;  // BRKINT is off, ICRNL and IXON are on
  pty.output_flags = 5;
  pty.control_flags = 0277;
  pty.local_flags = 0105073;
  pty.input_speed = pty.output_speed = 38400;
  pty.rows = 24;
  pty.columns = 80;
  pty.uid = 1000;
  pty.gid = 5;
  pty.mode = 0620;
  pty.input_size = 2;
  pty.data = w.add_bytes(unread);
  pty.data_size = sizeof unread;
  std::memcpy(pty.control, "\003\034\177\025\004\0\1", 7);
  rbi_pty hung_up{};
  hung_up.number = 4;
  hung_up.flags = RBI_PTY_HUNG_UP;
  w.ptys = {pty, hung_up};
}

void add_processes(ImageWriter& w) {
  rbi_credentials nobody{};
  nobody.uid = nobody.euid = nobody.suid = nobody.fsuid = 65534;
  nobody.gid = nobody.egid = nobody.sgid = nobody.fsgid = 65533;
  nobody.gid_count = 2;
  nobody.flags = RBI_CREDENTIALS_NO_NEW_PRIVS;
  nobody.inheritable = 0x401;
  nobody.permitted = 0x402;
  nobody.effective = 0x400;
  nobody.bounding = 0x1ffffffffff;
  nobody.ambient = 0x400;
  w.credentials = {nobody};
  w.gids = {{4}, {65533}};
  w.limits = {{3, 0, 8 << 20, ~0ull}, {7, 0, 1024, 4096}, {7, 0, 64, 64}};
  w.timers = {{0, 1, 4, 40, 1, 0, 0x1234, 1000, 500}, {3, 2, 1, 0, RBI_NONE, 0, 0, 0, 0}};
  w.zombies = {{104, 0, 100, 0, SIGCHLD, 0x300, "exited"},
               {105, 1, 105, 102, SIGCHLD, SIGKILL, "killed"}};
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
  add_sockets(writer);
  add_events(writer);
  add_ptys(writer);
  add_processes(writer);
  add_signals(writer);
  add_registers(writer);
  return writer;
}

}  // namespace rb::test
