#include "tests/module/trial.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <vector>

#include "base/fd.h"
#include "tests/module/faults.h"
#include "tests/module/handover.h"
#include "tests/module/optimistic.h"

namespace rb::test {
namespace {

constexpr unsigned kTimeLimitSeconds = 60;

/// fork(2) with flags and, unless 0, a chosen pid.
pid_t fork_with(std::uint64_t flags, pid_t pid) {
  clone_args args{};
  args.flags = flags;
  args.exit_signal = SIGCHLD;
  if (pid != 0) {
    args.set_tid = reinterpret_cast<__u64>(&pid);
    args.set_tid_size = 1;
  }
  return static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
}

/// Makes a call, which may be the one in which something has to fail. Keeps errno.
template <class Body>
auto make_call(Call call, const Trial& trial, Outcome& outcome, Body body) {
  if (trial.fail_in != call) return body();
  const FailNth fault;
  fault.arm(trial.fail_nth);
  const auto result = body();
  const int error = errno;
  outcome.failed_nth = fault.disarm();
  errno = error;
  return result;
}

void read_status(const Trial& trial, int device, Outcome& outcome) {
  outcome.status.size = sizeof outcome.status;
  const auto read = [&] { return ::ioctl(device, RESTART_STATUS, &outcome.status); };
  // Whatever failed, the second time it does not.
  if (make_call(Call::kStatus, trial, outcome, read) != 0) (void)read();
}

/// Up to the barrier. @return 0 or an errno
int restart(const Image& image, const Trial& trial, int device, Outcome& outcome) {
  restart_load load{};
  load.size = sizeof load;
  load.version = RESTART_API_VERSION;
  load.flags = trial.optimistic ? RESTART_OPTIMISTIC : 0;
  load.image_fd = image.fd();
  load.inject = trial.inject;
  if (make_call(Call::kLoad, trial, outcome,
                [&] { return ::ioctl(device, RESTART_LOAD, &load); }) != 0) {
    return errno;
  }
  if (trial.give) {
    const std::vector<Given> everything = open_everything(image);
    const int error =
        make_call(Call::kGive, trial, outcome, [&] { return give_everything(device, everything); });
    if (error != 0) return error;
  }
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  if (trial.before_run) trial.before_run();
  if (trial.optimistic) {
    if (const int error = spawn_sharing_everything(image, device); error != 0) {
      ::ioctl(device, RESTART_ABORT, 0);
      return error;
    }
    if (trial.head_start != 0) ::usleep(trial.head_start);
  }
  outcome.status.size = sizeof outcome.status;
  return make_call(Call::kRun, trial, outcome,
                   [&] { return ::ioctl(device, RESTART_RUN, &outcome.status) == 0 ? 0 : errno; });
}

/// The coordinator, pid 1 of its namespace: all tasks become its children.
void coordinate(const Image& image, const Trial& trial, Outcome& outcome) {
  pid_t squatter = -1;
  if (trial.taken_pid != 0) {
    squatter = fork_with(0, static_cast<pid_t>(trial.taken_pid));
    if (squatter == 0) {
      for (;;) ::pause();
    }
  }
  int device = make_call(Call::kOpen, trial, outcome,
                         [] { return ::open(RESTART_DEVICE, O_RDWR | O_CLOEXEC); });
  outcome.error = device < 0 ? errno : restart(image, trial, device, outcome);
  const bool ready = outcome.error == 0;
  // A call that is refused ends nothing: optimistic tasks wait for what is next.
  if (!ready && device >= 0 && trial.fail_in != Call::kNone) {
    read_status({}, device, outcome);
    if (outcome.status.state == RESTART_LOADED) ::ioctl(device, RESTART_ABORT, 0);
  }
  if (ready && trial.at_barrier) outcome.as_it_should = trial.at_barrier();
  if (ready && trial.kill_task != 0) {
    ::kill(trial.kill_task, SIGKILL);
    ::usleep(20000);
  }
  if (ready && trial.close_device) {
    make_call(Call::kClose, trial, outcome, [device] { return ::close(device); });
    device = -1;
  } else if (ready && trial.release) {
    outcome.release_error = make_call(Call::kRelease, trial, outcome, [device] {
      return ::ioctl(device, RESTART_RELEASE, 0) == 0 ? 0 : errno;
    });
  }
  if (device >= 0) read_status(trial, device, outcome);
  if (squatter > 0) ::kill(squatter, SIGKILL);
  if (ready && trial.release && outcome.release_error == 0 && !trial.close_device) {
    ::usleep(2000);  // they run
    ::kill(-1, SIGKILL);
  } else if (ready && !trial.close_device && trial.kill_task == 0) {
    make_call(Call::kAbort, trial, outcome, [device] { return ::ioctl(device, RESTART_ABORT, 0); });
  }
  // Every other task has been killed by the device: nobody else kills it.
  while (::waitpid(-1, nullptr, __WALL) > 0 || errno == EINTR) {
  }
  outcome.finished = true;
}

pid_t start(const Image& image, const Trial& trial, Outcome* outcome) {
  const pid_t coordinator = fork_with(CLONE_NEWPID, 0);
  if (coordinator == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    coordinate(image, trial, *outcome);
    ::_exit(0);
  }
  return coordinator;
}

/// In memory that the coordinator shares.
Outcome* new_outcome() {
  void* memory =
      ::mmap(nullptr, sizeof(Outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : new (memory) Outcome;
}

}  // namespace

Outcome run(const Image& image, const Trial& trial) {
  Outcome* outcome = new_outcome();
  if (outcome == nullptr) return {};
  const pid_t coordinator = start(image, trial, outcome);
  if (coordinator < 0) return {};
  for (unsigned i = 0; i < kTimeLimitSeconds * 1000; ++i) {
    if (::waitpid(coordinator, nullptr, WNOHANG) != 0) break;
    if (i + 1 == kTimeLimitSeconds * 1000) {
      ::kill(coordinator, SIGKILL);
      ::waitpid(coordinator, nullptr, 0);
      break;
    }
    ::usleep(1000);
  }
  const Outcome result = *outcome;
  ::munmap(outcome, sizeof(Outcome));
  return result;
}

void run_and_kill_coordinator(const Image& image, const Trial& trial, unsigned microseconds) {
  Outcome* outcome = new_outcome();
  if (outcome == nullptr) return;
  const pid_t coordinator = start(image, trial, outcome);
  if (coordinator < 0) std::abort();
  ::usleep(microseconds);
  ::kill(coordinator, SIGKILL);
  // An init is reaped when its namespace is empty.
  ::waitpid(coordinator, nullptr, 0);
  ::munmap(outcome, sizeof(Outcome));
}

std::uint32_t tasks_inside() {
  const Fd device(::open(RESTART_DEVICE, O_RDWR | O_CLOEXEC));
  restart_status status{};
  status.size = sizeof status;
  for (int tries = 0; tries < 100; ++tries) {
    if (::ioctl(device.get(), RESTART_STATUS, &status) != 0) return ~0u;
    if (status.live == 0) break;
    ::usleep(10000);
  }
  return status.live;
}

}  // namespace rb::test
