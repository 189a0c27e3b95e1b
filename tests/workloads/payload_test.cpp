// The payload finds nothing wrong where nothing is, and each thing that is.
#include <elf.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <iterator>

#include "tests/workloads/hand_restart.h"
#include "workloads/payload/blob.h"
#include "workloads/workload.h"

namespace rb::test {
namespace {

Image image_of(const char* name, const ParameterValues& values) {
  auto image = build_image(*find_workload(name), values);
  if (!image) FAIL(describe(image.error()));
  return std::move(*image);
}

/// Fixtures are root's own; without them a test says nothing.
bool lacks_fixtures(const Image& image) {
  if (image.fixtures().empty()) return false;
  const Status made = make_fixtures(image);
  if (made) return false;
  WARN("skipped: " << describe(made.error()));
  return true;
}

/// Whether this program has something of its own where the image has memory: in a build
/// with AddressSanitizer its shadow, which is there in every child.
bool overlaps_shadow([[maybe_unused]] const Image& image) {
#ifdef __SANITIZE_ADDRESS__
  // Where GCC's and Clang's run-time library has it on x86-64, with its gap.
  constexpr std::uint64_t kBegin = 0x7fff8000;
  constexpr std::uint64_t kEnd = 0x10007fff8000;
  for (const rbi_vma& vma : image.vmas_of(image.mms()[0])) {
    if (vma.start >= kEnd || vma.end <= kBegin) continue;
    WARN("skipped: the image has memory where AddressSanitizer has its shadow");
    return true;
  }
#endif
  return false;
}

struct Break {
  const char* what;
  payload_check check;
  Breaker breaker;
};

void expect_found(const Image& image, const Break& broken) {
  INFO(broken.what);
  const auto report = run_by_hand(image, broken.breaker);
  REQUIRE(report);
  CHECK(report->state == PAYLOAD_WRONG);
  INFO("where " << std::hex << report->where << " expected " << report->expected << " found "
                << report->found);
  CHECK(payload_check_name(report->check) == payload_check_name(broken.check));
  CHECK(report->expected != report->found);
}

__u64& at_rsp(AboutToRun& task, int offset) {
  return *reinterpret_cast<__u64*>(task.context.uc_mcontext.gregs[REG_RSP] + offset);
}

void set_action(int signal, __u64 handler, __u64 flags, __u64 mask = 0) {
  const __u64 action[] = {handler, flags, PAYLOAD_RESTORER, mask};
  ::syscall(SYS_rt_sigaction, signal, action, nullptr, 8);
}

/// For calls inside the child: it dies where one fails.
void require_zero(long result) {
  if (result != 0) ::_exit(1);
}

/// The write end may be in another task's table.
void write_to_other_end(int reader, std::size_t bytes) {
  const std::string path = "/proc/self/fd/" + std::to_string(reader);
  const int fd = ::open(path.c_str(), O_WRONLY);
  const std::string data(bytes, 'x');
  require_zero(::write(fd, data.data(), bytes) - static_cast<long>(bytes));
  ::close(fd);
}

void flip(void* byte) { *static_cast<unsigned char*>(byte) ^= 0x10; }

}  // namespace

TEST_CASE("the first task of every workload finds nothing wrong") {
  for (const Workload* workload : workloads()) {
    INFO(workload->name);
    const Image image = image_of(workload->name, {});
    if (lacks_fixtures(image) || overlaps_shadow(image)) continue;
    const auto report = run_by_hand(image);
    REQUIRE(report);
    INFO(payload_check_name(report->check) << " at " << std::hex << report->where << " expected "
                                           << report->expected << " found " << report->found);
    CHECK(report->state == PAYLOAD_OK);
  }
}

TEST_CASE("the payload finds wrong CPU state") {
  const Image image = image_of("threads", {{"n", 1}});
  const Break breaks[] = {
      {"r12", PAYLOAD_CHECK_GPR, [](auto& t) { t.context.uc_mcontext.gregs[REG_R12] ^= 1; }},
      {"rdi", PAYLOAD_CHECK_GPR, [](auto& t) { t.context.uc_mcontext.gregs[REG_RDI] ^= 1; }},
      {"rsp", PAYLOAD_CHECK_RSP,
       [](auto& t) {
         at_rsp(t, 8) = at_rsp(t, 0);
         t.context.uc_mcontext.gregs[REG_RSP] += 8;
       }},
      {"carry", PAYLOAD_CHECK_RFLAGS, [](auto& t) { t.context.uc_mcontext.gregs[REG_EFL] ^= 1; }},
      {"direction", PAYLOAD_CHECK_RFLAGS,
       [](auto& t) { t.context.uc_mcontext.gregs[REG_EFL] ^= 0x400; }},
      {"fcw", PAYLOAD_CHECK_X87, [](auto& t) { t.xstate.fcw = 0x37f; }},
      {"fsw", PAYLOAD_CHECK_X87, [](auto& t) { t.xstate.fsw ^= 0x100; }},
      {"st7", PAYLOAD_CHECK_X87, [](auto& t) { flip(&t.xstate.st[7][0]); }},
      {"st0 exponent", PAYLOAD_CHECK_X87, [](auto& t) { flip(&t.xstate.st[0][1]); }},
      {"mxcsr", PAYLOAD_CHECK_MXCSR, [](auto& t) { t.xstate.mxcsr = 0x1f80; }},
      {"xmm15", PAYLOAD_CHECK_XMM, [](auto& t) { flip(&t.xstate.xmm[15][1]); }},
      {"ymm0", PAYLOAD_CHECK_YMM, [](auto& t) { flip(&t.xstate.ymm_high[0][0]); }},
      {"AVX in its initial state", PAYLOAD_CHECK_YMM, [](auto& t) { t.xstate.xstate_bv = 3; }},
      {"fs base", PAYLOAD_CHECK_FS_BASE, [](auto& t) { t.fs_base += 8; }},
      {"gs base", PAYLOAD_CHECK_GS_BASE, [](auto& t) { t.gs_base += 8; }},
      {"red zone", PAYLOAD_CHECK_STACK, [](auto& t) { flip(&at_rsp(t, -PAYLOAD_RED_ZONE)); }},
      {"stack", PAYLOAD_CHECK_STACK, [](auto& t) { flip(&at_rsp(t, 8)); }},
      {"check block", PAYLOAD_CHECK_BLOCK, [](auto& t) { t.block.size = 1; }},
  };
  for (const Break& broken : breaks) expect_found(image, broken);
}

TEST_CASE("the payload finds a wrong identity") {
  const Image image = image_of("threads", {{"n", 1}});
  const Break breaks[] = {
      {"tid", PAYLOAD_CHECK_TID, [](auto& t) { t.block.tid++; }},
      {"pid", PAYLOAD_CHECK_PID, [](auto& t) { t.block.pid++; }},
      {"parent", PAYLOAD_CHECK_PPID, [](auto& t) { t.block.ppid = t.block.pid; }},
      {"group", PAYLOAD_CHECK_PGID, [](auto& t) { t.block.pgid = t.block.pid; }},
      {"session", PAYLOAD_CHECK_SID, [](auto& t) { t.block.sid = t.block.pid; }},
      {"name", PAYLOAD_CHECK_NAME, [](auto&) { ::prctl(PR_SET_NAME, "wrong"); }},
      {"end of name", PAYLOAD_CHECK_NAME, [](auto&) { ::prctl(PR_SET_NAME, "threads-1"); }},
      {"robust list", PAYLOAD_CHECK_ROBUST_LIST,
       [](auto&) { ::syscall(SYS_set_robust_list, nullptr, std::size_t{24}); }},
      {"clear_child_tid", PAYLOAD_CHECK_CLEAR_TID,
       [](auto&) { ::syscall(SYS_set_tid_address, nullptr); }},
      {"brk", PAYLOAD_CHECK_BRK, [](auto& t) { t.block.brk += RBI_PAGE_SIZE; }},
  };
  for (const Break& broken : breaks) expect_found(image, broken);
}

TEST_CASE("the payload finds wrong signal state") {
  const Image image = image_of("signals", {{"n", 1}});
  const Break breaks[] = {
      {"mask bit more", PAYLOAD_CHECK_MASK,
       [](auto& t) { sigaddset(&t.context.uc_sigmask, SIGWINCH); }},
      {"mask bit less", PAYLOAD_CHECK_MASK,
       [](auto& t) { sigdelset(&t.context.uc_sigmask, SIGUSR2); }},
      {"signal more", PAYLOAD_CHECK_PENDING,
       [](auto& t) {
         t.block.blocked |= 1ull << (SIGWINCH - 1);
         sigaddset(&t.context.uc_sigmask, SIGWINCH);
         ::kill(::getpid(), SIGWINCH);
       }},
      {"signal less", PAYLOAD_CHECK_PENDING,
       [](auto&) {
         sigset_t set;
         sigemptyset(&set);
         sigaddset(&set, SIGUSR2);
         sigwaitinfo(&set, nullptr);
       }},
      {"signal twice", PAYLOAD_CHECK_PENDING,
       [](auto&) { ::syscall(SYS_tgkill, ::getpid(), ::getpid(), 50); }},
      {"signal for the process lost", PAYLOAD_CHECK_PENDING,
       [](auto&) {
         sigset_t set;
         sigemptyset(&set);
         sigaddset(&set, 55);
         sigwaitinfo(&set, nullptr);
       }},
      {"other value", PAYLOAD_CHECK_PENDING,
       [](auto&) {
         sigset_t set;
         sigemptyset(&set);
         sigaddset(&set, SIGUSR2);
         sigwaitinfo(&set, nullptr);
         ::sigqueue(::getpid(), SIGUSR2, {});
       }},
      {"alternate stack", PAYLOAD_CHECK_ALTSTACK,
       [](auto& t) { t.context.uc_stack.ss_size -= 64; }},
      {"no alternate stack", PAYLOAD_CHECK_ALTSTACK,
       [](auto& t) {
         t.context.uc_stack = {nullptr, SS_DISABLE, 0};
       }},
      {"default action", PAYLOAD_CHECK_ACTION, [](auto&) { ::signal(SIGPIPE, SIG_DFL); }},
      {"action more", PAYLOAD_CHECK_ACTION, [](auto&) { ::signal(SIGCHLD, SIG_IGN); }},
      {"action flags", PAYLOAD_CHECK_ACTION,
       [](auto&) { set_action(SIGUSR2, PAYLOAD_HANDLER, SA_SIGINFO | 0x04000000); }},
      {"handler ignored", PAYLOAD_CHECK_HANDLER,
       [](auto& t) {
         t.block.flags &= ~PAYLOAD_ACTIONS;
         ::signal(SIGUSR1, SIG_IGN);
       }},
      {"handler on the wrong stack", PAYLOAD_CHECK_HANDLER,
       [](auto& t) {
         t.block.flags &= ~PAYLOAD_ACTIONS;
         set_action(SIGUSR1, PAYLOAD_HANDLER, SA_SIGINFO | 0x04000000,
                    1ull << (SIGTERM - 1) | 1ull << 39);
       }},
      {"handler with the wrong mask", PAYLOAD_CHECK_HANDLER,
       [](auto& t) {
         t.block.flags &= ~PAYLOAD_ACTIONS;
         set_action(SIGUSR1, PAYLOAD_HANDLER, SA_SIGINFO | SA_ONSTACK | 0x04000000);
       }},
      {"timer disarmed", PAYLOAD_CHECK_ITIMER,
       [](auto&) {
         const itimerval none{};
         ::setitimer(ITIMER_REAL, &none, nullptr);
       }},
      {"timer armed", PAYLOAD_CHECK_ITIMER,
       [](auto&) {
         const itimerval some{{}, {1000, 0}};
         ::setitimer(ITIMER_PROF, &some, nullptr);
       }},
      {"timer too late", PAYLOAD_CHECK_ITIMER,
       [](auto&) {
         const itimerval late{{1, 500000}, {100000, 0}};
         ::setitimer(ITIMER_REAL, &late, nullptr);
       }},
  };
  for (const Break& broken : breaks) expect_found(image, broken);
}

TEST_CASE("the payload finds wrong memory") {
  const Image image = image_of("memory", {{"tasks", 1}, {"mib", 1}});
  if (lacks_fixtures(image) || overlaps_shadow(image)) return;
  // In each VMA that has a word to compare, its first and its last byte.
  for (const rbi_vma& vma : image.vmas_of(image.mms()[0])) {
    if ((vma.prot & PROT_READ) == 0 || (vma.start < 0x200000000000 && vma.start != PAYLOAD_HEAP)) {
      continue;
    }
    for (const __u64 address : {vma.start, vma.end - 1}) {
      expect_found(image, {"memory", PAYLOAD_CHECK_MEMORY,
                           [=](auto&) { flip(reinterpret_cast<void*>(address)); }});
    }
  }
}

TEST_CASE("the payload finds wrong descriptors") {
  const Image image = image_of("fds", {{"n", 40}, {"tasks", 1}});
  if (lacks_fixtures(image)) return;
  const auto fds = image.fds_of(image.files()[0]);
  const auto fd_of = [&](rbi_ofd_kind kind, std::uint32_t access) {
    for (const rbi_fd& fd : fds) {
      const rbi_ofd& ofd = image.ofds()[fd.ofd];
      if (ofd.kind == kind && (ofd.flags & O_ACCMODE) == access) return static_cast<int>(fd.fd);
    }
    return -1;
  };
  const int file = fd_of(RBI_OFD_FILE, O_RDONLY);
  const int directory = fd_of(RBI_OFD_DIRECTORY, O_RDONLY);
  const int last = static_cast<int>(fds.back().fd);
  const std::string other(image.string(image.fixtures()[3].path));
  const Break breaks[] = {
      {"fd closed", PAYLOAD_CHECK_FD_OPEN, [=](auto&) { ::close(file); }},
      {"last fd closed", PAYLOAD_CHECK_FD_OPEN, [=](auto&) { ::close(last); }},
      {"fd in a gap", PAYLOAD_CHECK_FD_OPEN, [](auto&) { ::dup2(0, 3); }},
      {"fd behind the last", PAYLOAD_CHECK_FD_OPEN, [=](auto&) { ::dup2(0, last + 16); }},
      {"cloexec", PAYLOAD_CHECK_FD_FLAGS, [=](auto&) { ::fcntl(file, F_SETFD, FD_CLOEXEC); }},
      {"append", PAYLOAD_CHECK_FD_STATUS, [=](auto&) { ::fcntl(file, F_SETFL, O_APPEND); }},
      {"nonblock", PAYLOAD_CHECK_FD_STATUS, [=](auto&) { ::fcntl(0, F_SETFL, O_NONBLOCK); }},
      {"type", PAYLOAD_CHECK_FD_TYPE, [=](auto&) { ::dup3(directory, file, 0); }},
      {"offset", PAYLOAD_CHECK_FD_OFFSET, [=](auto&) { ::lseek(file, 8, SEEK_END); }},
      {"contents", PAYLOAD_CHECK_FD_CONTENTS,
       [=](auto&) {
         const auto at = ::lseek(file, 0, SEEK_CUR);
         const int fd = ::open(other.c_str(), O_RDONLY);
         ::dup3(fd, file, 0);
         ::close(fd);
         ::lseek(file, at, SEEK_SET);
       }},
      {"directory", PAYLOAD_CHECK_CWD, [](auto&) { require_zero(::chdir("/usr")); }},
      {"umask", PAYLOAD_CHECK_UMASK, [](auto&) { ::umask(0777); }},
  };
  for (const Break& broken : breaks) expect_found(image, broken);
}

TEST_CASE("the payload finds wrong pipes and sockets") {
  // The first task reads the second pipe; its first fd after 0-2 writes the first.
  const Image image = image_of("pipes", {{"n", 2}});
  const auto reader = [&]() -> int {
    for (const rbi_fd& fd : image.fds_of(image.files()[0])) {
      if (image.ofds()[fd.ofd].kind == RBI_OFD_PIPE_READ) return static_cast<int>(fd.fd);
    }
    return -1;
  }();
  const Break breaks[] = {
      {"capacity", PAYLOAD_CHECK_PIPE_CAPACITY,
       [=](auto&) { ::fcntl(reader, F_SETPIPE_SZ, 8192); }},
      {"a byte read", PAYLOAD_CHECK_PIPE_SIZE,
       [=](auto&) {
         char byte = 0;
         require_zero(::read(reader, &byte, 1) - 1);
       }},
      {"a byte more", PAYLOAD_CHECK_PIPE_SIZE, [=](auto&) { write_to_other_end(reader, 1); }},
      {"another byte", PAYLOAD_CHECK_PIPE_CONTENTS,
       [=](auto&) {
         char byte = 0;
         require_zero(::read(reader, &byte, 1) - 1);
         write_to_other_end(reader, 1);
       }},
  };
  for (const Break& broken : breaks) expect_found(image, broken);

  const Image server = image_of("prefork", {{"workers", 0}});
  if (lacks_fixtures(server)) return;
  expect_found(server, {"not listening", PAYLOAD_CHECK_FD_LISTEN, [](auto&) {
                          const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
                          ::dup2(fd, 3);
                          ::close(fd);
                        }});
}

TEST_CASE("the payload can run anywhere") {
  std::ifstream file(PAYLOAD_ELF, std::ios::binary);
  const std::string elf((std::istreambuf_iterator<char>(file)), {});
  REQUIRE(elf.size() > sizeof(Elf64_Ehdr));
  Elf64_Ehdr header;
  std::memcpy(&header, elf.data(), sizeof header);
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section;
    std::memcpy(&section, elf.data() + header.e_shoff + i * sizeof section, sizeof section);
    if (section.sh_size == 0) continue;
    CHECK(section.sh_type != SHT_RELA);
    CHECK(section.sh_type != SHT_REL);
    CHECK((section.sh_flags & SHF_WRITE) == 0);
  }
  const auto blob = payload_blob();
  REQUIRE(blob.size() % RBI_PAGE_SIZE == 0);
  __u64 magic = 0;
  std::memcpy(&magic, blob.data(), sizeof magic);
  CHECK(magic == PAYLOAD_MAGIC);
  // The three fixed entry points are jumps.
  for (const __u64 at : {PAYLOAD_ENTRY, PAYLOAD_HANDLER, PAYLOAD_RESTORER}) {
    const auto opcode = std::to_integer<unsigned>(blob[at - PAYLOAD_CODE]);
    CHECK((opcode == 0xe9 || opcode == 0xeb));
  }
}

TEST_CASE("every check has a name of its own") {
  for (std::uint32_t i = 0; i < PAYLOAD_CHECK_COUNT; ++i) {
    for (std::uint32_t j = 0; j < i; ++j) CHECK(payload_check_name(i) != payload_check_name(j));
  }
  CHECK(payload_check_name(PAYLOAD_CHECK_UMASK) == "umask");
  CHECK(payload_check_name(PAYLOAD_CHECK_COUNT) == "unknown check");
}

}  // namespace rb::test
