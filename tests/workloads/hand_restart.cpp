#include "tests/workloads/hand_restart.h"

#include <asm/prctl.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <thread>

#include "base/fd.h"

namespace rb::test {
namespace {

// The child has no way to report an error but to die: no report, no success.
void require(bool ok) {
  if (!ok) ::_exit(1);
}

void map_fixed(std::uint64_t start, std::uint64_t size, int flags, int fd, std::uint64_t offset) {
  void* const wanted = reinterpret_cast<void*>(start);
  require(::mmap(wanted, size, PROT_READ | PROT_WRITE | PROT_EXEC, flags | MAP_FIXED_NOREPLACE, fd,
                 static_cast<off_t>(offset)) == wanted);
}

/// Shared and private make no difference to a single task.
void map_memory(const Image& image, int report_fd) {
  const rbi_mm& mm = image.mms()[0];
  for (const rbi_vma& vma : image.vmas_of(mm)) {
    const std::uint64_t size = vma.end - vma.start;
    if (vma.start == PAYLOAD_REPORTS) {
      map_fixed(vma.start, size, MAP_SHARED, report_fd, 0);
    } else if (vma.kind == RBI_VMA_FILE) {
      const Fd fd(::open(image.string(image.backings()[vma.backing].path).data(), O_RDONLY));
      map_fixed(vma.start, size, MAP_PRIVATE, fd.get(), vma.offset);
    } else {
      map_fixed(vma.start, size, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }
    if (vma.kind != RBI_VMA_SHMEM) continue;
    for (const rbi_run& run : image.runs_of(image.backings()[vma.backing])) {
      if (run.address < vma.offset || run.address - vma.offset >= size) continue;
      const auto contents = image.contents(run);
      std::memcpy(reinterpret_cast<void*>(vma.start + run.address - vma.offset), contents.data(),
                  contents.size());
    }
  }
  for (const rbi_run& run : image.runs_of(mm)) {
    const auto contents = image.contents(run);
    std::memcpy(reinterpret_cast<void*>(run.address), contents.data(), contents.size());
  }
}

bool listens_by_name(const Image& image, const rbi_ofd& ofd) {
  const rbi_socket& socket = image.socket_of(ofd);
  return socket.type == SOCK_STREAM && (socket.options & RBI_SOCKET_ABSTRACT) != 0;
}

int open_description(const Image& image, const rbi_ofd& ofd, int (&pipes)[64][2]) {
  if (ofd.kind == RBI_OFD_PIPE_READ || ofd.kind == RBI_OFD_PIPE_WRITE) {
    require(ofd.object < 64);
    auto& ends = pipes[ofd.object];
    if (ends[0] < 0) {
      const rbi_pipe& pipe = image.pipes()[ofd.object];
      require(::pipe(ends) == 0);
      for (int& end : ends) end = ::fcntl(end, F_DUPFD, 5000);
      require(::fcntl(ends[0], F_SETPIPE_SZ, pipe.capacity) >= 0);
      require(::write(ends[1], image.pipe_data(pipe).data(), pipe.data_size) ==
              static_cast<ssize_t>(pipe.data_size));
    }
    const int end = ends[ofd.kind == RBI_OFD_PIPE_WRITE ? 1 : 0];
    require(::fcntl(end, F_SETFL, ofd.flags) == 0);
    return end;
  }
  // The payload does not look at what has no path.
  if (ofd.kind > RBI_OFD_SOCKET || (ofd.kind == RBI_OFD_SOCKET && !listens_by_name(image, ofd))) {
    return ::open("/dev/null", O_RDWR);
  }
  if (ofd.kind == RBI_OFD_SOCKET) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto name = image.string(image.socket_of(ofd).path);
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    const auto size = offsetof(sockaddr_un, sun_path) + 1 + name.size();
    require(::bind(fd, reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(size)) == 0);
    require(::listen(fd, static_cast<int>(image.socket_of(ofd).backlog)) == 0);
    require(::fcntl(fd, F_SETFL, ofd.flags) == 0);
    return fd;
  }
  const int fd = ::open(image.string(ofd.path).data(), static_cast<int>(ofd.flags));
  require(fd >= 0);
  if (ofd.kind == RBI_OFD_FILE) require(::lseek(fd, static_cast<off_t>(ofd.offset), SEEK_SET) >= 0);
  return fd;
}

/// Opens above all numbers that the image uses, then places. What is open and
/// not of the image is closed.
void open_files(const Image& image) {
  constexpr int kAbove = 4000;
  std::vector<int> opened;
  int pipes[64][2];
  for (auto& ends : pipes) ends[0] = ends[1] = -1;
  for (const rbi_ofd& ofd : image.ofds()) {
    const int fd = open_description(image, ofd, pipes);
    opened.push_back(::fcntl(fd, F_DUPFD, kAbove));
    require(opened.back() >= 0);
    if (fd < kAbove) ::close(fd);
  }
  require(::close_range(0, kAbove - 1, 0) == 0);
  for (const rbi_fd& fd : image.fds_of(image.files()[0])) {
    const int flags = (fd.flags & RBI_FD_CLOEXEC) != 0 ? O_CLOEXEC : 0;
    require(::dup3(opened[fd.ofd], static_cast<int>(fd.fd), flags) >= 0);
  }
  require(::close_range(kAbove, ~0u, 0) == 0);
}

void set_signals(const Image& image, const rbi_task& task) {
  const std::uint64_t all = ~0ull;
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, nullptr, 8);
  struct {
    __u64 handler, flags, restorer, mask;
  } action{};
  for (int signal = 1; signal <= 64; ++signal) {
    ::syscall(SYS_rt_sigaction, signal, &action, nullptr, 8);
  }
  for (const rbi_action& from : image.actions_of(image.sighands()[task.sighand])) {
    action = {from.handler, from.flags, from.restorer, from.mask};
    require(::syscall(SYS_rt_sigaction, from.signal, &action, nullptr, 8) == 0);
  }
  const int pid = ::getpid();
  const auto queue = image.pending();
  for (const rbi_siginfo& info : queue.subspan(task.pending_first, task.pending_count)) {
    require(::syscall(SYS_rt_tgsigqueueinfo, pid, pid, info.signo, &info) == 0);
  }
  const rbi_group& group = image.groups()[0];
  for (const rbi_siginfo& info : queue.subspan(group.pending_first, group.pending_count)) {
    require(::syscall(SYS_rt_sigqueueinfo, pid, info.signo, &info) == 0);
  }
}

void set_kernel_state(const Image& image, const rbi_task& task) {
  require(::prctl(PR_SET_NAME, task.name) == 0);
  require(::chdir(image.string(image.fs()[task.fs].cwd).data()) == 0);
  ::umask(image.fs()[task.fs].umask);
  ::syscall(SYS_set_robust_list, task.robust_list, std::size_t{task.robust_list_len});
  ::syscall(SYS_set_tid_address, task.clear_child_tid);
  for (int which = 0; which < 3; ++which) {
    const rbi_itimer& from = image.groups()[0].itimers[which];
    const auto split = [](std::uint64_t us) {
      return timeval{static_cast<time_t>(us / 1000000), static_cast<suseconds_t>(us % 1000000)};
    };
    const itimerval timer{split(from.interval), split(from.value)};
    ::syscall(SYS_setitimer, which, &timer, nullptr);
  }
}

void fill_context(const Image& image, const rbi_task& task, ucontext_t& context) {
  const rbi_registers& from = image.registers()[task.registers];
  auto& to = context.uc_mcontext.gregs;
  const std::pair<int, __u64> values[] = {
      {REG_R8, from.r8},   {REG_R9, from.r9},     {REG_R10, from.r10}, {REG_R11, from.r11},
      {REG_R12, from.r12}, {REG_R13, from.r13},   {REG_R14, from.r14}, {REG_R15, from.r15},
      {REG_RDI, from.rdi}, {REG_RSI, from.rsi},   {REG_RBP, from.rbp}, {REG_RBX, from.rbx},
      {REG_RDX, from.rdx}, {REG_RAX, from.rax},   {REG_RCX, from.rcx}, {REG_RSP, from.rsp},
      {REG_RIP, from.rip}, {REG_EFL, from.rflags}};
  for (const auto& [at, value] : values) to[at] = static_cast<greg_t>(value);
  constexpr greg_t kUserSelectors = 0x33 | 0x2bll << 48;  // cs, ss: asm/segment.h
  to[REG_CSGSFS] = kUserSelectors;
  context.uc_flags = 1 | 2 | 4;  // UC_FP_XSTATE, UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS
  context.uc_stack.ss_sp = reinterpret_cast<void*>(task.altstack_sp);
  context.uc_stack.ss_size = task.altstack_size;
  context.uc_stack.ss_flags = static_cast<int>(task.altstack_flags);
  std::memcpy(&context.uc_sigmask, &task.blocked, sizeof task.blocked);
}

struct alignas(64) FpFrame {
  payload_xstate area;
  std::uint32_t magic2;
};

void fill_fp_frame(const Image& image, const rbi_registers& registers, FpFrame& frame) {
  std::memcpy(&frame.area, image.xstate(registers).data(), sizeof frame.area);
  _fpx_sw_bytes software{};
  software.magic1 = FP_XSTATE_MAGIC1;
  software.extended_size = sizeof frame.area + sizeof frame.magic2;
  software.xstate_bv = registers.xfeatures;
  software.xstate_size = sizeof frame.area;
  std::memcpy(reinterpret_cast<std::byte*>(&frame.area) + 464, &software, sizeof software);
  frame.magic2 = FP_XSTATE_MAGIC2;
}

/// rt_sigreturn(2) takes its frame from the stack; the word below is the
/// return address that the handler would have popped.
[[noreturn]] void enter(ucontext_t* context, __u64 fs_base, __u64 gs_base) {
  __asm__ volatile(
      "mov %[set_gs], %%edi\n mov %[gs], %%rsi\n mov %[prctl], %%eax\n syscall\n"
      "mov %[set_fs], %%edi\n mov %[fs], %%rsi\n mov %[prctl], %%eax\n syscall\n"
      "mov %[frame], %%rsp\n mov %[sigreturn], %%eax\n syscall\n ud2\n"
      :
      : [set_gs] "i"(ARCH_SET_GS), [gs] "r"(gs_base), [set_fs] "i"(ARCH_SET_FS), [fs] "r"(fs_base),
        [prctl] "i"(SYS_arch_prctl), [frame] "r"(context), [sigreturn] "i"(SYS_rt_sigreturn)
      : "rax", "rdi", "rsi", "rcx", "r11", "memory");
  __builtin_unreachable();
}

[[noreturn]] void become(const Image& image, int report_fd, const Breaker& breaker) {
  const rbi_task& task = image.tasks()[0];
  map_memory(image, report_fd);
  open_files(image);
  set_signals(image, task);
  set_kernel_state(image, task);

  const rbi_registers& registers = image.registers()[task.registers];
  auto& block = **reinterpret_cast<payload_check_block**>(registers.rsp);
  block.tid = block.pid = static_cast<__u32>(::getpid());
  if (block.pgid != 0) block.pgid = static_cast<__u32>(::getpgid(0));
  if (block.sid != 0) block.sid = static_cast<__u32>(::getsid(0));
  block.brk = static_cast<__u64>(::syscall(SYS_brk, 0));

  static FpFrame fp;
  static ucontext_t context;
  fill_fp_frame(image, registers, fp);
  fill_context(image, task, context);
  context.uc_mcontext.fpregs = reinterpret_cast<fpregset_t>(&fp);
  __u64 fs_base = registers.fs_base;
  __u64 gs_base = registers.gs_base;
  AboutToRun about{block, context, fp.area, fs_base, gs_base};
  if (breaker) breaker(about);
  enter(&context, fs_base, gs_base);
}

}  // namespace

std::optional<payload_report> run_by_hand(const Image& image, const Breaker& breaker) {
  const Fd fd(::memfd_create("payload-report", MFD_CLOEXEC));
  RB_ASSERT(fd.valid() && ::ftruncate(fd.get(), RBI_PAGE_SIZE) == 0);
  void* address = ::mmap(nullptr, RBI_PAGE_SIZE, PROT_READ, MAP_SHARED, fd.get(), 0);
  RB_ASSERT(address != MAP_FAILED);
  const Mapping mapping(address, RBI_PAGE_SIZE);
  const auto* report = reinterpret_cast<const payload_report*>(mapping.data());

  const pid_t child = ::fork();
  RB_ASSERT(child >= 0);
  if (child == 0) become(image, fd.get(), breaker);
  bool reaped = false;
  for (int waited = 0; waited < 20000 && !reaped; ++waited) {
    if (__atomic_load_n(&report->state, __ATOMIC_ACQUIRE) != PAYLOAD_NOT_RUN) break;
    reaped = ::waitpid(child, nullptr, WNOHANG) == child;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (!reaped) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  if (report->state == PAYLOAD_NOT_RUN) return std::nullopt;
  return *report;
}

}  // namespace rb::test
