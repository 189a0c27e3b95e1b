#include "strategies/userspace/session.h"

#include <linux/futex.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>

#include "base/fd.h"
#include "strategies/userspace/failure_text.h"
#include "strategies/userspace/machine.h"
#include "strategies/userspace/zygote.h"

namespace rb {
namespace {

constexpr unsigned kStallSeconds = 30;  // without any task arriving: a restart hangs …
constexpr std::uint64_t kSlowestCopy = 50'000'000;  // … unless it may still be copying, bytes/s,
constexpr std::size_t kSlowestCreation = 200;       // or the kernel creating, tasks/s, emulated
constexpr unsigned kReleaseSeconds = 60;
constexpr unsigned kDestroySeconds = 120;
constexpr unsigned kGivenUpDestroySeconds = 5;  // somebody is waiting
constexpr unsigned kTickMs = 100;               // how soon a death is noticed
constexpr unsigned kTicksPerSecond = 1000 / kTickMs;

[[nodiscard]] bool futex_wait(const __u32& word, __u32 value, unsigned milliseconds) {
  const timespec timeout = {milliseconds / 1000, static_cast<long>(milliseconds % 1000) * 1000000};
  const long result = ::syscall(SYS_futex, &word, FUTEX_WAIT, value, &timeout, nullptr, 0);
  return result == 0 || errno != ETIMEDOUT;
}

void futex_wake(__u32& word) { ::syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0); }

[[nodiscard]] __u32 load(const __u32& word) { return __atomic_load_n(&word, __ATOMIC_ACQUIRE); }

/// Waits for the end of a process; a zombie has ended. Where that cannot be asked,
/// for want of descriptors say, it counts as living.
[[nodiscard]] bool ends_within(pid_t pid, int milliseconds) {
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process.valid()) return errno == ESRCH;
  pollfd ended = {process.get(), POLLIN, 0};
  int ready = 0;
  do {  // a signal that is waited for elsewhere may come again and again, but not for long
    ready = ::poll(&ended, 1, milliseconds);
  } while (ready < 0 && errno == EINTR);
  return ready == 1;
}

[[nodiscard]] bool has_ended(pid_t pid) { return ends_within(pid, 0); }

}  // namespace

Result<std::unique_ptr<Session>> Session::create(const Image& image, const ScaffoldSize& size,
                                                 const StrategyOptions& options, bool execs) {
  std::unique_ptr<Session> session(new Session(image, options, execs));
  auto scaffold = Scaffold::create(image, size);
  if (!scaffold) return tl::unexpected<Error>(scaffold.error());
  session->scaffold_ = std::move(*scaffold);
  session->scaffold_.control().own_namespace = options.pids == PidMode::kOwn ? 1 : 0;
  RB_TRY(session->set_up_creator());
  RB_TRY(session->fork_zygote());
  return session;
}

Session::~Session() {
  if (zygote_ < 0) return;
  if (const Status status = destroy(); !status) {
    std::fprintf(stderr, "bench: %s\n", describe(status.error()).c_str());
  }
  quit();
  while (::waitpid(zygote_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

/// The zygote ends without an answer, so its end is what to wait for.
void Session::quit() {
  rst_channel& channel = scaffold_.control().zygote;
  channel.command = RST_COMMAND_QUIT;
  __atomic_add_fetch(&channel.sequence, 1, __ATOMIC_ACQ_REL);
  futex_wake(channel.sequence);
  if (!ends_within(zygote_, 1000)) ::kill(zygote_, SIGKILL);
}

BornWith Session::born_with() const {
  const rst_control& control = scaffold_.control();
  return {execs_ ? kExecDescriptors : 0, control.creator_fds, control.creator_first_fd,
          control.creator_memory / RBI_PAGE_SIZE};
}

/// Its open files lie above all numbers, its memory aside of all addresses that the
/// restart uses.
Status Session::set_up_creator() {
  rst_control& control = scaffold_.control();
  control.creator_fds = options_.creator.descriptors;
  control.creator_memory = options_.creator.memory;
  control.creator_first_fd = first_creator_fd(image_);
  if (control.creator_memory == 0) return {};
  auto address = Scaffold::find_hole(image_, control.creator_memory);
  if (!address) return tl::unexpected<Error>(address.error());
  control.creator_address = *address;
  return {};
}

Status Session::fork_zygote() {
  ZygoteFiles files;
  if (execs_) {
    auto program = restorer_program();
    if (!program) return tl::unexpected<Error>(program.error());
    files.program = std::move(*program);
    files.control = scaffold_.control_fd();
    files.image = image_.fd();
  }
  rst_control& control = scaffold_.control();
  control.caller_pid = static_cast<__u32>(::getpid());
  control.elf_fd = 0;
  control.control_fd = 1;
  control.image_fd = 2;
  auto pid = start_zygote(control, files);
  if (!pid) return tl::unexpected<Error>(pid.error());
  zygote_ = *pid;
  return {};
}

Status Session::command(rst_channel& channel, rst_command command, unsigned timeout_s) {
  const bool to_zygote = &channel == &scaffold_.control().zygote;
  const pid_t server = to_zygote ? zygote_ : coordinator_;
  channel.command = command;
  const __u32 sequence = __atomic_add_fetch(&channel.sequence, 1, __ATOMIC_ACQ_REL);
  futex_wake(channel.sequence);
  for (unsigned ticks = 0; ticks < timeout_s * kTicksPerSecond;) {
    const __u32 done = load(channel.done);
    if (done == sequence) return {};
    if (command != RST_COMMAND_DESTROY) RB_TRY(go_on());
    if (futex_wait(channel.done, done, kTickMs)) continue;
    ++ticks;
    // It may have answered and then died.
    if (has_ended(server) && load(channel.done) != sequence) {
      return tl::unexpected<Error>(
          stalled(to_zygote ? "the restorer's zygote died" : "the coordinator died"));
    }
  }
  if (load(channel.done) == sequence) return {};
  return tl::unexpected<Error>(stalled(to_zygote ? "the restorer's zygote does not answer"
                                                 : "the coordinator does not answer"));
}

Status Session::go_on() const {
  if (!given_up()) return {};
  return tl::unexpected<Error>(stalled("given up"));
}

/// In a namespace of its own low numbers are known to be free; among the
/// caller's, the kernel has to choose.
void Session::free_throwaway_pids() {
  for (__u32 i = 0; i + 1 < scaffold_.control().slot_count; ++i) {
    rst_slot& slot = scaffold_.slot(i);
    if ((slot.flags & RST_SLOT_THROWAWAY) != 0) slot.pid = 0;
  }
}

Status Session::start(const Program& program, StageClock& clock) {
  RB_ASSERT(!running_);
  rst_control& control = scaffold_.control();
  scaffold_.load(image_, program);
  if (options_.pids == PidMode::kHost) free_throwaway_pids();
  const std::uint64_t started_ns = clock.now_ns();
  const std::uint64_t started_cycles = __rdtsc();
  running_ = true;
  Status status = command(control.zygote, RST_COMMAND_START, kStallSeconds);
  if (status && control.zygote.result < 0) {
    const int error = -control.zygote.result;
    if (control.creator_result != 0) {
      running_ = false;
      return fail_errno("cannot make the creator as big as asked for", error);
    }
    status = fail_errno("cannot clone the coordinator", error, creation_advice(error));
    running_ = false;
  }
  if (status) {
    coordinator_ = control.zygote.result;
    status = wait_ready();
  }
  const std::uint64_t ended_cycles = __rdtsc();
  report_stages(clock, started_ns, started_cycles, clock.now_ns(), ended_cycles);
  if (!status) {
    if (const Status destroyed = destroy(); !destroyed) {
      status.error().message += "; then " + describe(destroyed.error());
    }
  }
  return status;
}

Status Session::wait_ready() {
  const rst_control& control = scaffold_.control();
  const auto patience =
      (kStallSeconds + static_cast<unsigned>(image_.header().pages_size / kSlowestCopy +
                                             image_.tasks().size() / kSlowestCreation)) *
      kTicksPerSecond;
  __u32 last_arrived = 0;
  unsigned idle = 0;
  while (load(control.ready) == 0) {
    RB_TRY(go_on());
    if (futex_wait(control.ready, 0, kTickMs)) continue;
    const __u32 arrived = load(control.arrived);
    idle = arrived == last_arrived ? idle + 1 : 0;
    last_arrived = arrived;
    if (has_ended(coordinator_) && load(control.ready) == 0) {
      return tl::unexpected<Error>(stalled("the coordinator died during the restart"));
    }
    if (idle >= patience) return tl::unexpected<Error>(stalled("the restart hangs"));
    // A task that reads what is no longer there dies, and nobody waits for it here.
    RB_TRY(image_.unchanged());
  }
  if (load(control.ready) == 1) return {};
  return tl::unexpected<Error>(failure());
}

Error Session::failure() const {
  const rst_control& control = scaffold_.control();
  const rst_failure& failure = control.failure;
  const auto* op = reinterpret_cast<const rst_op*>(failure.op);  // mapped here, too
  return describe_failure(image_, failure, *op, failure.slot + 1 == control.slot_count);
}

Error Session::stalled(const char* what) const {
  const rst_control& control = scaffold_.control();
  std::string message = what;
  message += ": " + std::to_string(load(control.arrived)) + " of " +
             std::to_string(control.expected) + " tasks reached the barrier";
  for (__u32 i = 0; i + 1 < control.slot_count; ++i) {
    const rst_slot& slot = scaffold_.slot(i);
    if (slot.created == 0 && (slot.flags & RST_SLOT_THROWAWAY) == 0) {
      message += "; task " + std::to_string(i) + " (pid " + std::to_string(slot.pid) +
                 ") was never created";
      break;
    }
  }
  return Error{ErrorKind::kRestart, std::move(message), ""};
}

void Session::report_stages(StageClock& clock, std::uint64_t started_ns,
                            std::uint64_t started_cycles, std::uint64_t ended_ns,
                            std::uint64_t ended_cycles) const {
  const rst_control& control = scaffold_.control();
  if (ended_cycles <= started_cycles) return;
  // The tasks count TSC cycles, which need no system call; the two pairs of
  // readings around the restart say how long one is.
  const double ns_per_cycle = static_cast<double>(ended_ns - started_ns) /
                              static_cast<double>(ended_cycles - started_cycles);
  constexpr Stage kStages[RST_STAGE_COUNT] = {Stage::kCreate, Stage::kAttach, Stage::kOpenFiles,
                                              Stage::kMemory, Stage::kRegisters};
  for (std::size_t stage = 0; stage < RST_STAGE_COUNT; ++stage) {
    std::uint64_t cycles = 0;
    for (__u32 i = 0; i < control.slot_count; ++i) cycles += scaffold_.packet(i).cycles[stage];
    clock.add(kStages[stage],
              static_cast<std::uint64_t>(static_cast<double>(cycles) * ns_per_cycle));
  }
  if (control.ready_cycles != 0 && control.ready_cycles < ended_cycles) {
    clock.add(Stage::kBarrier,
              static_cast<std::uint64_t>(static_cast<double>(ended_cycles - control.ready_cycles) *
                                         ns_per_cycle));
  }
}

TreeAccess Session::access() const {
  const rst_control& control = scaffold_.control();
  TreeAccess access;
  access.given_up = options_.given_up;
  access.coordinator_pid = coordinator_;
  access.own_namespace = options_.pids == PidMode::kOwn;
  access.outside_pid = control.coordinator_pid;
  access.scaffold = {control.base, control.base + control.size};
  return access;
}

Status Session::release() {
  RB_ASSERT(running_);
  rst_control& control = scaffold_.control();
  RB_TRY(command(control.coordinator, RST_COMMAND_RELEASE, kReleaseSeconds));
  if (control.coordinator.result >= 0) return {};
  return fail_errno("cannot take the restorer out of a restarted task",
                    -control.coordinator.result);
}

Result<int> Session::wait_root() {
  const rst_control& control = scaffold_.control();
  while (load(control.root_ended) == 0) {
    RB_TRY(go_on());
    if (futex_wait(control.root_ended, 0, kTickMs)) continue;
    if (has_ended(coordinator_) && load(control.root_ended) == 0) {
      return tl::unexpected<Error>(stalled("the coordinator died"));
    }
  }
  return control.root_status;
}

Status Session::detach() {
  RB_ASSERT(running_ && options_.pids == PidMode::kHost);
  rst_channel& channel = scaffold_.control().zygote;
  channel.command = RST_COMMAND_DETACH;
  __atomic_add_fetch(&channel.sequence, 1, __ATOMIC_ACQ_REL);
  futex_wake(channel.sequence);
  if (!ends_within(zygote_, kReleaseSeconds * 1000)) {
    return fail(ErrorKind::kRestart, "the restorer's zygote does not let go of the tree");
  }
  while (::waitpid(zygote_, nullptr, 0) < 0 && errno == EINTR) {
  }
  zygote_ = coordinator_ = -1;
  running_ = false;
  return {};
}

Status Session::destroy() {
  if (!running_) return {};
  running_ = false;
  rst_control& control = scaffold_.control();
  const unsigned patience = given_up() ? kGivenUpDestroySeconds : kDestroySeconds;
  Status status = command(control.zygote, RST_COMMAND_DESTROY, patience);
  const pid_t coordinator = std::exchange(coordinator_, -1);
  if (!status) {
    // Without the zygote the coordinator ends, and takes its tasks with it.
    ::kill(zygote_, SIGKILL);
    if (coordinator > 0 && !ends_within(coordinator, kGivenUpDestroySeconds * 1000)) {
      status.error().message += "; tasks may be left, coordinator " + std::to_string(coordinator);
    }
    return status;
  }
  if (control.zygote.result < 0) {
    status = fail_errno("cannot reap the coordinator", -control.zygote.result);
  }
  return status;
}

SessionTree::~SessionTree() {
  if (const Status status = session_.destroy(); !status) {
    std::fprintf(stderr, "bench: %s\n", describe(status.error()).c_str());
  }
}

}  // namespace rb
