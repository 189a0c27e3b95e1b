#include "tests/verify/hand_made_tree.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "workloads/payload/payload.h"

namespace rb::test {
namespace {

constexpr std::size_t kPage = RBI_PAGE_SIZE;
constexpr std::uint32_t kDieInstead = 100;  ///< a report that means: exit

/// What tasks and the test share; part of the scaffold.
struct Control {
  volatile std::uint32_t turn;  ///< the task that is to be made next
  volatile std::uint32_t go;    ///< futex: released
  std::uint32_t inside[3];      ///< by mm: tasks that still use the scaffold
};

/// Arguments of the waiting code; offsets are known to the assembly below.
struct WaitArguments {
  volatile std::uint32_t* go;
  std::uint32_t* inside;
  std::uint64_t unmaps;  ///< 1: removes the scaffold when it is the last inside
  std::uint32_t* report;
  const std::uint64_t* mask;
  std::uint64_t state;  ///< what to report
};

// Waits until *go, takes the signal mask, leaves the scaffold (one task of an
// mm removes it, after the others have left), reports, sleeps. Runs at
// PAYLOAD_CODE + 8, so it is position-independent and needs no stack.
asm(R"(
.pushsection .rodata
rb_test_wait_start:
  mov 0(%rdi), %r12
  mov 8(%rdi), %r13
  mov 16(%rdi), %r14
  mov 24(%rdi), %r15
  mov 32(%rdi), %rbx
  mov 40(%rdi), %rbp
1:
  cmpl $0, (%r12)
  jne 2f
  mov $202, %eax          # futex(go, FUTEX_WAIT, 0, NULL)
  mov %r12, %rdi
  xor %esi, %esi
  xor %edx, %edx
  xor %r10d, %r10d
  syscall
  jmp 1b
2:
  mov $14, %eax           # rt_sigprocmask(SIG_SETMASK, mask, NULL, 8)
  mov $2, %edi
  mov %rbx, %rsi
  xor %edx, %edx
  mov $8, %r10d
  syscall
  lock decl (%r13)
  test %r14, %r14
  jz 4f
3:
  cmpl $0, (%r13)
  je 5f
  mov $24, %eax           # sched_yield()
  syscall
  jmp 3b
5:
  mov $11, %eax           # munmap(scaffold)
  mov $0x70000000, %edi
  mov $0x7fff8ffff000, %rsi
  syscall
4:
  cmp $100, %rbp
  je 7f
  mov %ebp, (%r15)
6:
  mov $34, %eax           # pause()
  syscall
  jmp 6b
7:
  mov $60, %eax           # exit(0)
  xor %edi, %edi
  syscall
rb_test_wait_end:
.popsection
)");
static_assert(kScaffoldStart == 0x70000000 && kScaffoldEnd - kScaffoldStart == 0x7fff8ffff000);

extern "C" const char rb_test_wait_start[];
extern "C" const char rb_test_wait_end[];

/// Who makes a task, with which flags, and what it uses.
struct Spec {
  int creator;
  int flags;
  std::uint32_t mm;
};
constexpr int kThread =
    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
constexpr Spec kSpecs[kTasks] = {{-1, SIGCHLD, 0},
                                 {0, kThread, 0},
                                 {0, SIGCHLD, 1},
                                 {0, CLONE_VM | CLONE_FILES | SIGCHLD, 0},
                                 {2, CLONE_FILES | CLONE_FS | SIGUSR1, 2}};

// State of the process that makes the tree and of its children. One task runs
// at a time, so that those that share memory need no locks.
Control* control;
const Files* files;
Defect defect;
void* backings[2];
char stacks[kTasks + 2][64 * 1024];
WaitArguments wait_arguments[kTasks];
std::uint64_t masks[kTasks];

bool is(Defect one) { return defect == one; }

void nap() {
  const timespec duration{0, 200'000};
  ::syscall(SYS_nanosleep, &duration, nullptr);
}

/// A mistake in the set-up, not in what is tested: the tree is never ready.
void must(bool condition) {
  if (!condition) ::_exit(99);
}

void unregister_rseq() {
  // The kernel would write into thread data that is no longer mapped.
  char* const thread = static_cast<char*>(__builtin_thread_pointer());
  if (__rseq_size != 0) {
    ::syscall(SYS_rseq, thread + __rseq_offset, 32, RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
  }
}

void map_at(std::uint64_t address, std::size_t pages, int prot, int flags, int fd, off_t offset) {
  must(::mmap(reinterpret_cast<void*>(address), pages * kPage, prot, flags | MAP_FIXED, fd,
              offset) != MAP_FAILED);
}

void fill(std::uint64_t address, std::uint64_t seed) {
  auto* const words = reinterpret_cast<std::uint64_t*>(address);
  for (std::size_t i = 0; i < kPage / 8; ++i) words[i] = rbi_word(seed, i);
}

void make_memory(std::uint32_t mm) {
  const bool first = mm == 1;  // Where defects of memory are.
  Memory memory = kMemory[mm];
  if (is(Defect::kSwappedMms) && mm != 0) memory = kMemory[3 - mm];
  if (is(Defect::kWrongBacking) && mm == 2) memory.backing = 0;
  constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS;

  map_at(PAYLOAD_CODE, 1, PROT_READ | PROT_WRITE, kAnonymous, -1, 0);
  const std::uint64_t magic = PAYLOAD_MAGIC;
  std::memcpy(reinterpret_cast<void*>(PAYLOAD_CODE), &magic, sizeof magic);
  const Code code = waiting_code();
  std::memcpy(reinterpret_cast<void*>(PAYLOAD_CODE + sizeof magic), code.start, code.size);
  must(::mprotect(reinterpret_cast<void*>(PAYLOAD_CODE), kPage, PROT_READ | PROT_EXEC) == 0);

  map_at(PAYLOAD_REPORTS, 1, PROT_READ | PROT_WRITE, kAnonymous, -1, 0);
  map_at(kPatternArea, 4, PROT_READ | PROT_WRITE, kAnonymous, -1, 0);
  fill(kPatternArea, memory.seed);
  fill(kPatternArea + 2 * kPage, memory.seed + 1);
  if (first && is(Defect::kWrongByte)) *reinterpret_cast<char*>(kPatternArea + 2 * kPage + 5) ^= 1;
  if (first && is(Defect::kWrongByteBetweenRuns)) {
    *reinterpret_cast<char*>(kPatternArea + kPage + 9) = 3;
  }
  const int data = ::open(files->data.c_str(), O_RDONLY | O_CLOEXEC);
  map_at(kFileArea, 1, PROT_READ, MAP_PRIVATE, data, kPage);
  ::close(data);

  must(::mremap(backings[memory.backing], 0, 2 * kPage, MREMAP_MAYMOVE | MREMAP_FIXED,
                reinterpret_cast<void*>(kShareArea)) != MAP_FAILED);

  map_at(kClosedArea, 1, PROT_READ | PROT_WRITE, kAnonymous, -1, 0);
  fill(kClosedArea, memory.seed);
  if (first && is(Defect::kWrongByteWithoutAccess)) *reinterpret_cast<char*>(kClosedArea) ^= 1;
  const int prot = first && is(Defect::kWrongProtection) ? PROT_READ : PROT_NONE;
  must(::mprotect(reinterpret_cast<void*>(kClosedArea), kPage, prot) == 0);

  const int lazy = first && is(Defect::kWrongNoreserve) ? 0 : MAP_NORESERVE;
  map_at(kLazyArea, 16, PROT_READ | PROT_WRITE, kAnonymous | lazy, -1, 0);
  if (first && is(Defect::kExtraMapping)) {
    map_at(kLazyArea + 32 * kPage, 1, PROT_READ, kAnonymous, -1, 0);
  }
  if (first && is(Defect::kMissingMapping)) {
    ::munmap(reinterpret_cast<void*>(PAYLOAD_REPORTS), kPage);
  }
}

void close_from(unsigned first, unsigned last) {
  must(::syscall(SYS_close_range, first, last, 0) == 0);
}

void open_root_files() {
  close_from(0, ~0u);
  must(::open(files->data.c_str(), O_RDWR) == 0);
  ::lseek(0, is(Defect::kWrongOffset) ? 101 : 100, SEEK_SET);
  if (is(Defect::kOtherDescription)) {
    must(::open(files->data.c_str(), O_RDWR | O_CLOEXEC) == 1);
    ::lseek(1, 100, SEEK_SET);
  } else {
    must(::fcntl(0, is(Defect::kMissingCloexec) ? F_DUPFD : F_DUPFD_CLOEXEC, 1) == 1);
  }
  must(::open(files->directory.c_str(), O_RDONLY | O_DIRECTORY) == 2);
  must(::open("/dev/null", O_WRONLY) == 3);
  int ends[2];
  must(::pipe2(ends, is(Defect::kWrongStatusFlags) ? 0 : O_NONBLOCK) == 0 && ends[0] == 4);
  const char* const text = is(Defect::kWrongPipeByte) ? "hellO" : kPipeText;
  must(::write(5, text, is(Defect::kWrongPipeSize) ? 4 : 5) > 0);
  must(::socket(AF_UNIX, SOCK_STREAM, 0) == 6);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const char* const name = is(Defect::kWrongSocketName) ? "rb-verify-tesT" : "rb-verify-test";
  std::memcpy(address.sun_path + 1, name, std::strlen(name));
  const auto size = offsetof(sockaddr_un, sun_path) + 1 + std::strlen(name);
  must(::bind(6, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size)) == 0);
  must(::listen(6, 3) == 0);
}

void open_child_files() {
  close_from(1, 4);
  close_from(6, ~0u);
  if (is(Defect::kSharedDescription)) {
    must(::fcntl(0, F_DUPFD, 3) == 3);
  } else if (!is(Defect::kDroppedFd)) {
    must(::open(files->data.c_str(), O_RDONLY | O_APPEND) == 1 && ::dup2(1, 3) == 3);
    ::close(1);
    ::lseek(3, 7, SEEK_SET);
  }
  if (is(Defect::kExtraFd)) must(::dup2(0, 9) == 9);
}

void act(int signal, std::uint64_t handler) {
  struct {
    std::uint64_t handler, flags, restorer, mask;
  } action{handler, 0x04000000, PAYLOAD_CODE + 8, 0};
  must(::syscall(SYS_rt_sigaction, signal, &action, nullptr, 8) == 0);
}

void set_up_root() {
  ::setsid();
  open_root_files();
  must(::chdir(files->directory.c_str()) == 0);
  ::umask(027);
  make_memory(0);
  act(SIGUSR1, is(Defect::kMissingIgnored) ? 0 : reinterpret_cast<std::uintptr_t>(SIG_IGN));
  act(SIGUSR2, is(Defect::kMissingHandler) ? 0 : PAYLOAD_CODE + 8);
  const auto pid = static_cast<pid_t>(::syscall(SYS_getpid));
  if (!is(Defect::kMissingGroupPending)) ::syscall(SYS_kill, pid, SIGTERM);
  ::syscall(SYS_tgkill, pid, pid, SIGHUP);
}

void set_up_child() {
  if (!is(Defect::kWrongGroup)) ::setpgid(0, 0);
  open_child_files();
  must(::chdir(is(Defect::kWrongDirectory) ? "/tmp" : "/") == 0);
  ::umask(is(Defect::kWrongUmask) ? 002 : 022);
  make_memory(1);
  act(SIGUSR1, 0);
  act(SIGUSR2, reinterpret_cast<std::uintptr_t>(SIG_IGN));
  if (is(Defect::kRobustList)) ::syscall(SYS_set_robust_list, kPatternArea, 24);
}

void set_up_sharer() {
  ::umask(0);
  if (!is(Defect::kSharedSighand)) act(SIGUSR1, 0);
}

void set_up_leaf() {
  if (!is(Defect::kWrongSession)) ::setsid();
  make_memory(2);
}

int stranger(void*) {
  for (;;) ::syscall(SYS_pause);
}

void set_up(std::uint32_t task) {
  static constexpr const char* kNames[] = {"root", "worker", "a) b (c", "sharer", "leaf"};
  ::prctl(PR_SET_NAME, task == 2 && is(Defect::kWrongName) ? "a b (c" : kNames[task]);
  const auto pid = static_cast<pid_t>(::syscall(SYS_getpid));
  const auto tid = static_cast<pid_t>(::syscall(SYS_gettid));
  if (task == 0) set_up_root();
  if (task == 1 && !is(Defect::kMissingPending)) ::syscall(SYS_tgkill, pid, tid, SIGINT);
  if (task == 2) set_up_child();
  if (task == 3) set_up_sharer();
  if (task == 4) set_up_leaf();
  if (task == 4 && is(Defect::kExtraTask)) {
    char* const stack = stacks[kTasks] + sizeof stacks[kTasks];
    must(::clone(stranger, stack, SIGCHLD, nullptr) > 0);
  }
}

int flags_of(std::uint32_t task) {
  int flags = kSpecs[task].flags;
  if (task == 3 && is(Defect::kSharedSighand)) flags |= CLONE_SIGHAND;
  if (task == 3 && is(Defect::kSharedFs)) flags |= CLONE_FS;
  if (task == 4 && is(Defect::kUnsharedFiles)) flags &= ~CLONE_FILES;
  if (task == 4 && is(Defect::kWrongParent)) flags |= CLONE_PARENT;
  if (task == 4 && is(Defect::kWrongExitSignal)) flags = (flags & ~CSIGNAL) | SIGCHLD;
  return flags;
}

void wait_for_release(std::uint32_t task) {
  WaitArguments& arguments = wait_arguments[task];
  const std::uint32_t mm = kSpecs[task].mm;
  // The first task of each mm unmaps: 0, 2 and 4.
  const bool unmaps = task % 2 == 0 && !(task == 2 && is(Defect::kForgottenScaffold));
  std::uint64_t state = PAYLOAD_OK;
  if (task == 4 && is(Defect::kWrongReport)) state = PAYLOAD_WRONG;
  if (task == 4 && is(Defect::kNoReport)) state = PAYLOAD_NOT_RUN;
  if (task == 4 && is(Defect::kDeath)) state = kDieInstead;
  masks[task] = task < 2 ? 1u << (SIGHUP - 1) | 1u << (SIGINT - 1) | 1u << (SIGTERM - 1) : 0;
  if (task == 3 && is(Defect::kForgottenMask)) masks[task] = 1u << (SIGHUP - 1);
  arguments = {&control->go,
               &control->inside[mm],
               unmaps ? 1u : 0u,
               reinterpret_cast<std::uint32_t*>(PAYLOAD_REPORTS + task * sizeof(payload_report)),
               &masks[task],
               state};
  __atomic_add_fetch(&control->inside[mm], 1, __ATOMIC_SEQ_CST);
  if (task % 2 == 1 || task == 4) control->turn = task + 1;
  reinterpret_cast<void (*)(const WaitArguments*)>(PAYLOAD_CODE + 8)(&arguments);
}

int run_task(void* argument);

void make_task(std::uint32_t task) {
  must(::clone(run_task, stacks[task] + sizeof stacks[task], flags_of(task),
               reinterpret_cast<void*>(std::uintptr_t{task})) > 0);
}

/// Makes itself what the image says, then the tasks that it is to make.
int run_task(void* argument) {
  const auto task = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(argument));
  if (task == 1 && is(Defect::kMissingThread)) {
    control->turn = 2;
    ::syscall(SYS_exit, 0);
  }
  set_up(task);
  if (task == 0) {
    make_task(1);
    while (control->turn < 2) nap();
    make_task(2);
    while (control->turn < 3) nap();
    make_task(3);
    while (control->turn < 4) nap();
    if (is(Defect::kExtraThread)) {
      while (control->turn < 5) nap();
      must(::clone(stranger, stacks[kTasks] + sizeof stacks[kTasks], kThread, nullptr) > 0);
    }
  }
  if (task == 2) {
    control->turn = 3;
    while (control->turn < 4) nap();
    if (!is(Defect::kMissingTask)) make_task(4);
    while (!is(Defect::kMissingTask) && control->turn < 5) nap();
  }
  wait_for_release(task);
  return 0;
}

int run_coordinator(void*) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setsid();
  unregister_rseq();
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);  // Catch2's.
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  make_task(0);
  for (;;) nap();
}

}  // namespace

Code waiting_code() {
  return {rb_test_wait_start, static_cast<std::size_t>(rb_test_wait_end - rb_test_wait_start)};
}

Files::Files() {
  char path[] = "/tmp/rb-verify-XXXXXX";
  REQUIRE(::mkdtemp(path) != nullptr);
  directory = path;
  data = directory + "/data";
  std::ofstream stream(data, std::ios::binary);
  for (std::uint64_t i = 0; i < 1024; ++i) {
    const std::uint64_t word = rbi_word(7, i);
    stream.write(reinterpret_cast<const char*>(&word), sizeof word);
  }
}

Files::~Files() {
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
}

HandMadeTree::HandMadeTree(const Files& the_files, Defect the_defect) {
  files = &the_files;
  defect = the_defect;
  constexpr int kShared = MAP_SHARED | MAP_ANONYMOUS;
  control = static_cast<Control*>(::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, kShared, -1, 0));
  for (std::uint64_t i = 0; i < 2; ++i) {
    backings[i] = ::mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, kShared, -1, 0);
    fill(reinterpret_cast<std::uintptr_t>(backings[i]), kSharedSeed + i);
  }
  if (is(Defect::kWrongByteInSharedMemory)) static_cast<char*>(backings[1])[77] ^= 1;

  coordinator_ = ::clone(run_coordinator, stacks[kTasks + 1] + sizeof stacks[kTasks + 1],
                         CLONE_NEWPID | SIGCHLD, nullptr);
  REQUIRE(coordinator_ > 0);
  const auto ready = [] {
    const std::uint32_t mm1 = __atomic_load_n(&control->inside[1], __ATOMIC_SEQ_CST);
    const std::uint32_t mm2 = __atomic_load_n(&control->inside[2], __ATOMIC_SEQ_CST);
    const std::uint32_t mm0 = __atomic_load_n(&control->inside[0], __ATOMIC_SEQ_CST);
    return mm0 == (is(Defect::kMissingThread) ? 2u : 3u) && mm1 == 1 &&
           mm2 == (is(Defect::kMissingTask) ? 0u : 1u);
  };
  for (int i = 0; i < 10000 && !ready(); ++i) nap();
  REQUIRE(ready());
}

HandMadeTree::~HandMadeTree() { (void)destroy(); }

TreeAccess HandMadeTree::access() const {
  return {coordinator_, true, true, 1, {kScaffoldStart, kScaffoldEnd}};
}

Status HandMadeTree::release() {
  control->go = 1;
  ::syscall(SYS_futex, &control->go, FUTEX_WAKE, 100, nullptr, nullptr, 0);
  return {};
}

Status HandMadeTree::destroy() {
  if (coordinator_ <= 0) return {};
  ::kill(coordinator_, SIGKILL);
  ::waitpid(coordinator_, nullptr, 0);
  coordinator_ = -1;
  ::munmap(control, kPage);
  for (void* backing : backings) ::munmap(backing, 2 * kPage);
  return {};
}

}  // namespace rb::test
