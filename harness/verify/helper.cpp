#include "harness/verify/helper.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "base/fd.h"

namespace rb {
namespace {

using Clock = std::chrono::steady_clock;

/// How much longer than the supervisor the caller waits: only if the
/// supervisor itself hangs does the caller have to kill it.
constexpr std::chrono::seconds kGrace{10};

Fd open_pidfd(int pid) { return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

tl::unexpected<Error> fail_privilege(const char* what, int error) {
  if (error == EPERM || error == EACCES || error == ENOSYS) {
    return fail(ErrorKind::kLacking, std::string(what) + ": " + std::strerror(error),
                "run as root (CAP_SYS_ADMIN and CAP_SYS_PTRACE)");
  }
  return fail_errno(what, error);
}

/// The caller's handlers would run in the child with the caller's state.
void reset_signal_handlers() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
}

int milliseconds_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<long>(left, 0, 1L << 30));
}

/// All signals blocked while it lives, so that none meets a half-made child.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

void unblock_signals() {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

Status enter_pid_namespace(int coordinator) {
  const Fd pidfd = open_pidfd(coordinator);
  if (!pidfd.valid()) {
    if (errno == ESRCH) {
      return fail(ErrorKind::kRestart,
                  fmt::format("the tree's coordinator (pid {}) is gone", coordinator));
    }
    return fail_privilege("cannot open the tree's coordinator with pidfd_open", errno);
  }
  if (::setns(pidfd.get(), CLONE_NEWPID) != 0) {
    if (errno == ESRCH) {
      return fail(ErrorKind::kRestart,
                  fmt::format("the tree's coordinator (pid {}) is a zombie", coordinator));
    }
    return fail_privilege("cannot enter the tree's pid namespace with setns", errno);
  }
  return {};
}

/// A /proc that shows the pid namespace of this process, to this process only.
Status mount_own_proc() {
  if (::unshare(CLONE_NEWNS) != 0) {
    return fail_privilege("cannot make a mount namespace for the verifier", errno);
  }
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return fail_privilege("cannot make the verifier's mounts private", errno);
  }
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
    return fail_privilege("cannot mount /proc of the tree's pid namespace", errno);
  }
  return {};
}

Status inspect(const TreeAccess& access, Findings& findings, const InsideCheck& check) {
  if (access.own_namespace) RB_TRY(mount_own_proc());
  return check(findings);
}

volatile sig_atomic_t stop_asked = 0;  // of the supervisor, by SIGTERM
void ask_to_stop(int /*signal*/) { stop_asked = 1; }

/// Makes the inspecting process, bounds its time and reaps it.
Status supervise(const TreeAccess& access, Findings& findings, Clock::time_point deadline,
                 const InsideCheck& check) {
  if (access.own_namespace) RB_TRY(enter_pid_namespace(access.coordinator_pid));
  const pid_t inspector = ::fork();
  if (inspector < 0) {
    // ENOMEM is what fork(2) says in a pid namespace whose init is dead.
    return fail_errno("cannot fork the verifier into the tree's pid namespace");
  }
  if (inspector == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const Status status = inspect(access, findings, check);
    if (status) {
      findings.finish();
    } else {
      findings.fail_with(status.error());
    }
    ::_exit(0);
  }
  const Fd pidfd = open_pidfd(inspector);
  pollfd wanted{pidfd.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&wanted, 1, milliseconds_until(deadline));
  } while (ready < 0 && errno == EINTR && stop_asked == 0);
  if (ready <= 0) ::kill(inspector, SIGKILL);
  int wait_status = 0;
  while (::waitpid(inspector, &wait_status, 0) < 0 && errno == EINTR) {
  }
  if (stop_asked != 0) return fail(ErrorKind::kRestart, "interrupted");
  if (ready == 0) return fail(ErrorKind::kSystem, "the verification ran out of its time");
  if (WIFSIGNALED(wait_status)) {
    return fail(ErrorKind::kRestart,
                fmt::format("the verifier was killed by signal {}: the tree's coordinator died, "
                            "or somebody else killed it",
                            WTERMSIG(wait_status)));
  }
  return {};
}

/// Everything that comes through the pipe until its writers are gone. If the caller has given
/// up, the supervisor is asked to see to that: it reaps who is in the tree's pid namespace, which
/// could not end otherwise.
/// @param more  called whenever there is more of the text
/// @return false at the deadline
bool read_until_closed(int fd, Clock::time_point deadline, pid_t supervisor, bool (*given_up)(),
                       std::string& text, const std::function<void()>& more) {
  constexpr int kLookMs = 200;  // a signal may come just before poll
  char buffer[4096];
  for (;;) {
    if (given_up != nullptr && given_up()) ::kill(supervisor, SIGTERM);
    pollfd wanted{fd, POLLIN, 0};
    const int left = milliseconds_until(deadline);
    const int ready = ::poll(&wanted, 1, std::min(left, kLookMs));
    if ((ready < 0 && errno == EINTR) || (ready == 0 && left > kLookMs)) continue;
    if (ready <= 0) return false;
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got == 0) return true;
    if (got > 0) {
      text.append(buffer, static_cast<std::size_t>(got));
      more();
    }
    if (got < 0 && errno != EINTR) return false;
  }
}

}  // namespace

Result<Verification> inspect_inside(const TreeAccess& access, std::chrono::milliseconds limit,
                                    const InsideCheck& check,
                                    const std::function<Status()>& release) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("cannot make a pipe for the verifier");
  Fd reading(ends[0]);
  Fd writing(ends[1]);
  const auto deadline = Clock::now() + limit;
  const pid_t caller = ::getpid();
  pid_t supervisor = -1;
  {
    const SignalsBlocked blocked;
    supervisor = ::fork();
    if (supervisor == 0) {
      reset_signal_handlers();
      ::signal(SIGTERM, ask_to_stop);
      unblock_signals();
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != caller) ::_exit(1);
      reading.reset();
      Findings findings(writing.get());
      const Status status = supervise(access, findings, deadline, check);
      if (!status) findings.fail_with(status.error());
      ::_exit(0);
    }
  }
  if (supervisor < 0) return fail_errno("cannot fork the verifier");
  writing.reset();
  std::string text;
  bool asked = false;
  Status released;
  const auto look = [&] {
    if (asked || !release || !asks_for_release(text)) return;
    asked = true;
    released = release();
    if (!released) ::kill(supervisor, SIGTERM);
  };
  if (!read_until_closed(reading.get(), deadline + kGrace, supervisor, access.given_up, text,
                         look)) {
    ::kill(supervisor, SIGKILL);
  }
  int wait_status = 0;
  while (::waitpid(supervisor, &wait_status, 0) < 0 && errno == EINTR) {
  }
  if (!released) return tl::unexpected<Error>(std::move(released).error());
  return parse_findings(text);
}

}  // namespace rb
