#include "harness/capture/frozen_tree.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "harness/capture/trace.h"
#include "harness/verify/proc_files.h"
#include "harness/verify/proc_parse.h"

namespace rb::capture {
namespace {

constexpr unsigned kStopPatienceMs = 100;  // a task may be on its way out of the kernel
constexpr unsigned kThawPatienceMs = 1000;
constexpr int kAttempts = 20;
constexpr unsigned kThreadsField = 20;  // num_threads, proc_pid_stat(5)
constexpr int kEndPatienceMs = 10000;

std::string process_directory(pid_t pid) { return fmt::format("/proc/{}", pid); }

std::optional<ProcStat> read_stat(const std::string& directory) {
  const auto text = read_whole_file(directory + "/stat");
  return text ? parse_stat(*text) : std::nullopt;
}

std::string name_of(pid_t pid) {
  const auto stat = read_stat(process_directory(pid));
  return fmt::format("pid {} ({})", pid, stat ? stat->comm : "?");
}

/// Who traces a task, for the message.
std::string tracer_of(pid_t pid) {
  const auto status = read_whole_file(process_directory(pid) + "/status");
  if (!status) return {};
  constexpr std::string_view kKey = "TracerPid:\t";
  const auto at = status->find(kKey);
  if (at == std::string::npos) return {};
  const int tracer = std::atoi(status->c_str() + at + kKey.size());
  return tracer == 0 ? std::string() : name_of(tracer);
}

tl::unexpected<Error> cannot_attach(pid_t tid, int error) {
  const std::string name = name_of(tid);
  if (const std::string tracer = tracer_of(tid); !tracer.empty()) {
    return fail(ErrorKind::kUnsupported,
                fmt::format("cannot capture {}: {} traces it", name, tracer),
                "end the debugger or strace first");
  }
  return fail_errno(fmt::format("cannot attach to {} with ptrace(2)", name), error,
                    error == EPERM ? "run as root (CAP_SYS_PTRACE)" : "");
}

std::string wait_channel(pid_t tid) {
  const auto text = read_whole_file(process_directory(tid) + "/wchan");
  return text && !text->empty() ? *text : "the kernel";
}

tl::unexpected<Error> dead(pid_t tid) {
  return fail(
      ErrorKind::kUnsupported,
      fmt::format("cannot capture {}: it has ended, and nobody has waited for it", name_of(tid)),
      "let its parent wait for it first");
}

/// The children of a process that any of its threads made.
Result<std::vector<pid_t>> children_of(pid_t pid) {
  std::vector<pid_t> children;
  const auto threads = list_numbers(process_directory(pid) + "/task");
  if (!threads) return children;  // it has just ended
  for (const std::uint32_t thread : *threads) {
    const auto text = read_whole_file(fmt::format("/proc/{}/task/{}/children", pid, thread));
    if (!text) continue;
    const char* at = text->c_str();
    for (char* end = nullptr;; at = end) {
      const long child = std::strtol(at, &end, 10);
      if (end == at) break;
      children.push_back(static_cast<pid_t>(child));
    }
  }
  return children;
}

}  // namespace

/// Its parent may wait for it at once, as soon as it may run.
tl::unexpected<Error> FrozenTree::has_ended(pid_t tid) {
  may_pass_ = true;
  return dead(tid);
}

std::size_t FrozenTree::task_count() const {
  std::size_t count = 0;
  for (const FrozenProcess& process : processes_) count += process.tasks.size();
  return count;
}

bool FrozenTree::has(pid_t pid) const {
  return std::any_of(processes_.begin(), processes_.end(),
                     [pid](const FrozenProcess& process) { return process.pid == pid; });
}

Status FrozenTree::add_process(pid_t pid, std::size_t parent) {
  FrozenProcess process;
  process.pid = pid;
  process.parent = parent;
  process.name = name_of(pid);
  process.pidfd = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process.pidfd.valid()) return fail_errno(fmt::format("cannot open {}", process.name));
  processes_.push_back(std::move(process));
  return {};
}

/// Seizes the tasks of a process that are not yet seized. @return whether there were any
Result<bool> FrozenTree::add_tasks(std::size_t index) {
  FrozenProcess& process = processes_[index];
  std::vector<pid_t> started;
  const auto threads = list_numbers(process_directory(process.pid) + "/task");
  if (!threads) return false;  // ended meanwhile
  for (const std::uint32_t thread : *threads) {
    const auto tid = static_cast<pid_t>(thread);
    if (std::find(process.tasks.begin(), process.tasks.end(), tid) != process.tasks.end()) continue;
    if (const int error = seize(tid); error != 0) {
      const auto stat = read_stat(fmt::format("/proc/{}/task/{}", process.pid, tid));
      if (error == ESRCH || !stat || stat->state == 'X') continue;
      if (stat->state == 'Z') return has_ended(tid);
      return cannot_attach(tid, error);
    }
    process.tasks.push_back(tid);
    started.push_back(tid);
    static_cast<void>(interrupt(tid));  // if it died, the wait says so
  }
  RB_TRY(wait_stopped(process, started));
  return !started.empty();
}

Status FrozenTree::wait_stopped(FrozenProcess& process, const std::vector<pid_t>& started) {
  for (const pid_t tid : started) {
    switch (wait_interrupted(tid, kStopPatienceMs)) {
      case Stop::kStopped:
        break;
      case Stop::kGone:
        std::erase(process.tasks, tid);
        break;
      case Stop::kNotYet:
        may_pass_ = true;  // a parent may wait for its vfork(2) child to exec
        return fail(ErrorKind::kUnsupported,
                    fmt::format("cannot capture {}: task {} does not stop; it sleeps "
                                "uninterruptibly, in {}",
                                process.name, tid, wait_channel(tid)),
                    "try again when that is over");
      case Stop::kSignal:
        return fail(ErrorKind::kUnsupported,
                    fmt::format("cannot capture {}: it is stopped by a signal", process.name),
                    fmt::format("let it go on with kill -CONT {}", process.pid));
    }
  }
  std::sort(process.tasks.begin(), process.tasks.end());
  const auto leader = std::find(process.tasks.begin(), process.tasks.end(), process.pid);
  if (leader != process.tasks.end()) std::rotate(process.tasks.begin(), leader, leader + 1);
  return {};
}

/// Finds children that are not yet known. @return whether there were any
Result<bool> FrozenTree::add_children(std::size_t index) {
  const auto children = children_of(processes_[index].pid);
  if (!children) return tl::unexpected<Error>(children.error());
  bool found = false;
  for (const pid_t child : *children) {
    const bool known =
        std::any_of(zombies_.begin(), zombies_.end(),
                    [child](const FrozenZombie& zombie) { return zombie.pid == child; });
    if (known || has(child)) continue;
    const auto stat = read_stat(process_directory(child));
    if (!stat) continue;  // reaped meanwhile
    if (stat->state == 'X') continue;
    if (stat->state == 'Z') {
      // One whose other threads live has no children's list of its own to be found by.
      if (stat->field[kThreadsField] > 1) return has_ended(child);
      zombies_.push_back({child, index});
      continue;
    }
    RB_TRY(add_process(child, index));
    found = true;
  }
  return found;
}

Status FrozenTree::freeze_all(pid_t root) {
  RB_TRY(add_process(root, FrozenProcess::kNoParent));
  for (bool found = true; found;) {
    found = false;
    for (std::size_t i = 0; i < processes_.size(); ++i) {  // grows meanwhile
      for (;;) {
        const auto tasks = add_tasks(i);
        if (!tasks) return tl::unexpected<Error>(tasks.error());
        if (!*tasks) break;
        // Once the root has stopped, only the others can give it or each other children.
        found = found || i > 0;
      }
      const auto children = add_children(i);
      if (!children) return tl::unexpected<Error>(children.error());
      found = found || *children;
    }
  }
  for (const FrozenProcess& process : processes_) {
    if (process.tasks.empty() || process.tasks.front() != process.pid) {
      return has_ended(process.pid);
    }
  }
  return {};
}

Result<FrozenTree> FrozenTree::freeze(pid_t root) {
  if (root == ::getpid()) return fail(ErrorKind::kUsage, "bench cannot capture itself");
  const auto stat = read_stat(process_directory(root));
  if (!stat) {
    return fail(ErrorKind::kUsage, fmt::format("there is no process with pid {}", root),
                "bench capture takes the pid of the tree's first process");
  }
  const StopSignals signals;
  for (int attempt = 1;; ++attempt) {
    FrozenTree tree;
    Status frozen = tree.freeze_all(root);
    if (frozen) return tree;
    if (!tree.may_pass_ || attempt == kAttempts) return tl::unexpected(std::move(frozen).error());
    tree.thaw();
    const timespec pause{0, 5'000'000};
    ::nanosleep(&pause, nullptr);
  }
}

void FrozenTree::thaw() {
  // Children first: a parent that runs could wait for one that is still stopped.
  std::vector<pid_t> unstopped;
  for (auto process = processes_.rbegin(); process != processes_.rend(); ++process) {
    for (const pid_t tid : process->tasks) {
      if (detach(tid) != 0) unstopped.push_back(tid);
    }
  }
  processes_.clear();
  // A parent that waits for its vfork(2) child stops once that runs again.
  for (const pid_t tid : unstopped) {
    if (wait_interrupted(tid, kThawPatienceMs) != Stop::kGone) static_cast<void>(detach(tid));
  }
}

Status FrozenTree::end() {
  for (const FrozenProcess& process : processes_) {
    if (::syscall(SYS_pidfd_send_signal, process.pidfd.get(), SIGKILL, nullptr, 0) != 0 &&
        errno != ESRCH) {
      return fail_errno(fmt::format("cannot end {}", process.name));
    }
  }
  for (const FrozenProcess& process : processes_) {
    // Each is traced: the tracer's wait comes first, the parent's after it.
    for (auto tid = process.tasks.rbegin(); tid != process.tasks.rend(); ++tid) {
      while (::waitpid(*tid, nullptr, __WALL) < 0 && errno == EINTR) {
      }
    }
    pollfd ended = {process.pidfd.get(), POLLIN, 0};
    int ready = 0;
    do {
      ready = ::poll(&ended, 1, kEndPatienceMs);
    } while (ready < 0 && errno == EINTR);
    if (ready != 1) {
      return fail(ErrorKind::kSystem,
                  fmt::format("{} was killed, but has not ended", process.name));
    }
  }
  processes_.clear();
  return {};
}

}  // namespace rb::capture
