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

void read_status(int device, Outcome& outcome) {
  outcome.status.size = sizeof outcome.status;
  ::ioctl(device, RESTART_STATUS, &outcome.status);
}

/// Up to the barrier. @return 0 or an errno
int restart(const Image& image, const Trial& trial, int device, Outcome& outcome) {
  restart_load load{};
  load.size = sizeof load;
  load.version = RESTART_API_VERSION;
  load.flags = trial.optimistic ? RESTART_OPTIMISTIC : 0;
  load.image_fd = image.fd();
  load.inject = trial.inject;
  if (::ioctl(device, RESTART_LOAD, &load) != 0) return errno;
  if (trial.give) {
    if (const int error = give_everything(device, open_everything(image)); error != 0) return error;
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
  }
  outcome.status.size = sizeof outcome.status;
  return ::ioctl(device, RESTART_RUN, &outcome.status) == 0 ? 0 : errno;
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
  int device = ::open(RESTART_DEVICE, O_RDWR | O_CLOEXEC);
  outcome.error = device < 0 ? errno : restart(image, trial, device, outcome);
  const bool ready = outcome.error == 0;
  if (ready && trial.at_barrier) outcome.as_it_should = trial.at_barrier();
  if (ready && trial.kill_task != 0) {
    ::kill(trial.kill_task, SIGKILL);
    ::usleep(20000);
  }
  if (ready && trial.close_device) {
    ::close(device);
    device = -1;
  } else if (ready && trial.release) {
    outcome.release_error = ::ioctl(device, RESTART_RELEASE, 0) == 0 ? 0 : errno;
  }
  if (device >= 0) read_status(device, outcome);
  if (squatter > 0) ::kill(squatter, SIGKILL);
  if (ready && trial.release && outcome.release_error == 0 && !trial.close_device) {
    ::usleep(2000);  // they run
    ::kill(-1, SIGKILL);
  } else if (ready && !trial.close_device && trial.kill_task == 0) {
    ::ioctl(device, RESTART_ABORT, 0);
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

}  // namespace rb::test
