#include "strategies/userspace/failure_text.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace rb {
namespace {

[[nodiscard]] std::string socket_text(const rst_op& op) {
  const auto& socket = *reinterpret_cast<const rbi_socket*>(op.a);
  const char* verb = socket.state == RBI_SOCKET_LISTENING ? "listen on" : "bind a socket to";
  if (op.c != 0) {
    return fmt::format("{} the {}unix name {}", verb,
                       (socket.options & RBI_SOCKET_ABSTRACT) != 0 ? "abstract " : "",
                       reinterpret_cast<const char*>(op.c));
  }
  return socket.port != 0 ? fmt::format("{} port {}", verb, socket.port) : "make a socket";
}

[[nodiscard]] std::string terminal_text(const rst_op& op) {
  switch (op.x) {
    case RST_TERMINAL_TAKE:
      return "take its controlling terminal";
    case RST_TERMINAL_FOREGROUND:
      return fmt::format("make process group {} the terminal's foreground", op.b);
    default:
      return "give its controlling terminal up";
  }
}

[[nodiscard]] std::string action(const rst_op& op) {
  const auto path = [](std::uint64_t address) {
    return reinterpret_cast<const char*>(address);  // in the scaffold, mapped here, too
  };
  switch (op.kind) {
    case RST_LEAD:
      return "become the tree's coordinator";
    case RST_CREATE:
    case RST_CREATE_LEAF:
      return fmt::format("be created (clone3, flags {:#x})", op.a);
    case RST_UNSHARE:
      return fmt::format("unshare({:#x})", op.a);
    case RST_SHED:
      return "drop what the creator had";
    case RST_EXEC:
      return "exec the restorer";
    case RST_SETSID:
      return "found a session";
    case RST_SUBREAPER:
      return "become a child subreaper";
    case RST_REAP:
      return "reap a throw-away task";
    case RST_SETPGID:
      return fmt::format("join process group {}", op.a);
    case RST_NAME:
      return "set its name";
    case RST_CLOSE_RANGE:
      return fmt::format("close descriptors {} to {}", op.a, op.b);
    case RST_OPEN:
      return fmt::format("open {} on descriptor {}", path(op.a), op.x);
    case RST_DUP:
    case RST_DUP3:
      return fmt::format("duplicate descriptor {} to {}", op.a, op.x);
    case RST_SETFD:
      return fmt::format("set the flags of descriptor {}", op.x);
    case RST_PIPE:
      return fmt::format("make a pipe on descriptors {} and {}", op.x, op.y);
    case RST_SOCKET:
      return socket_text(op);
    case RST_SOCKETPAIR:
      return fmt::format("make a pair of sockets on descriptors {} and {}", op.x, op.y);
    case RST_SEND:
      return fmt::format("put {} unread bytes into a socket", op.b);
    case RST_SOCKET_STATE:
      return fmt::format("set the options of the socket on descriptor {}", op.x);
    case RST_EVENT:
      return fmt::format("make an eventfd, timerfd or signalfd on descriptor {}", op.x);
    case RST_EPOLL:
      return fmt::format("make an epoll instance on descriptor {}", op.x);
    case RST_EPOLL_ADD:
      return fmt::format("watch descriptor {} by epoll", op.y);
    case RST_INOTIFY:
      return fmt::format("make an inotify instance on descriptor {}", op.x);
    case RST_WATCH:
      return fmt::format("watch {} by inotify", path(op.a));
    case RST_FIFO:
      return fmt::format("open the FIFO {} on descriptor {}", path(op.a), op.x);
    case RST_REOPEN:
      return fmt::format("open a file without a name on descriptor {}", op.x);
    case RST_FLOCK:
    case RST_LOCK:
      return fmt::format("lock the file on descriptor {}", op.x);
    case RST_OWNER:
      return fmt::format("set who is told of descriptor {}", op.x);
    case RST_ZOMBIE:
      return "make a zombie";
    case RST_LIMITS:
      return "set its resource limits";
    case RST_TIMERS:
      return "make its POSIX timers";
    case RST_OOM_SCORE:
      return "set its oom_score_adj";
    case RST_CREDENTIALS:
      return "take its credentials";
    case RST_DUMPABLE:
      return "set whether it is dumpable";
    case RST_MEMFD:
      return fmt::format("make {} bytes of shared memory", op.a);
    case RST_PIDFD:
      return "open a pidfd of the coordinator";
    case RST_FETCH:
      return fmt::format("fetch a shared open file description as descriptor {}", op.x);
    case RST_CHDIR:
      return fmt::format("change its directory to {}", path(op.a));
    case RST_CHROOT:
      return fmt::format("change its root to {}", path(op.a));
    case RST_MMAP:
    case RST_MMAP_FETCH:
      return fmt::format("map {} bytes at {:#x}", op.b, op.a);
    case RST_MMAP_PATH:
      return fmt::format("map {} bytes of {} at {:#x}", op.b, path(op.e), op.a);
    case RST_MPROTECT:
      return fmt::format("protect {} bytes at {:#x}", op.b, op.a);
    case RST_MUNMAP:
      return fmt::format("unmap {} bytes at {:#x}", op.b, op.a);
    case RST_VDSO:
      return fmt::format("map the vDSO at {:#x}", op.a);
    case RST_MADVISE:
      return fmt::format("advise the kernel about {} bytes at {:#x} (madvise, {})", op.b, op.a,
                         op.c);
    case RST_MLOCK:
      return fmt::format("lock {} bytes at {:#x} in memory", op.b, op.a);
    case RST_MLOCKALL:
      return "lock in memory what it will map";
    case RST_NO_HUGE_PAGES:
      return "do without huge pages";
    case RST_SET_MM:
      return "set the layout of its mm";
    case RST_ACTIONS:
      return "set its signal actions";
    case RST_QUEUE:
      return "queue its pending signals";
    case RST_ITIMERS:
      return "set its interval timers";
    case RST_PTY:
      return fmt::format("make pseudo-terminal /dev/pts/{}",
                         reinterpret_cast<const rbi_pty*>(op.a)->number);
    case RST_PTY_SLAVE:
      return fmt::format("open {} on descriptor {}", path(op.a), op.x);
    case RST_PTY_STATE:
      return fmt::format("set the state of /dev/pts/{}",
                         reinterpret_cast<const rbi_pty*>(op.a)->number);
    case RST_HANG_UP:
      return fmt::format("hang up the terminal of descriptor {}", op.y);
    case RST_TERMINAL:
      return terminal_text(op);
    case RST_DEATH_SIGNAL:
      return fmt::format("ask for signal {} on its parent's death", op.a);
    case RST_FINISH:
      return "set its registers";
    default:
      return fmt::format("perform op {}", op.kind);
  }
}

constexpr const char* kPrivileges =
    "restarting needs CAP_SYS_ADMIN and CAP_SYS_PTRACE: run as root";

[[nodiscard]] std::string advice(const rst_op& op, int error) {
  if (op.kind == RST_CREATE || op.kind == RST_CREATE_LEAF) return creation_advice(error);
  if (op.kind == RST_PTY && error == EEXIST) {
    return "another terminal has that number: close it (who, fuser), or restart in a mount "
           "namespace with a devpts of its own";
  }
  if (error == EPERM) return kPrivileges;
  if (error == EMFILE || error == EBADF || (error == EINVAL && op.kind == RST_DUP)) {
    return "raise the limit on open files: ulimit -n, fs.nr_open";
  }
  if (error == ENOMEM) return "free memory, or raise vm.max_map_count";
  if (op.kind == RST_SOCKET && error == EADDRINUSE) return "another tree listens on that name";
  if (op.kind == RST_LOCK || op.kind == RST_FLOCK) return "another process holds a lock on it";
  return "";
}

}  // namespace

std::string creation_advice(int error) {
  switch (error) {
    case EPERM:
      return kPrivileges;
    case EEXIST:
      return "the number is in use: restart into a pid namespace of its own (--pids own)";
    case EAGAIN:
      return "raise the limits on tasks: ulimit -u, kernel.pid_max, kernel.threads-max, pids.max";
    case ENOSPC:
      return "raise the limit on pid namespaces: user.max_pid_namespaces; they nest 32 deep";
    case ENOMEM:
      return "free memory, or raise memory.max of the control group";
    default:
      return "";
  }
}

Error describe_failure(const Image& image, const rst_failure& failure, const rst_op& op,
                       bool coordinator) {
  std::string who = "the coordinator";
  if (!coordinator && failure.slot < image.tasks().size()) {
    const rbi_task& task = image.tasks()[failure.slot];
    who = fmt::format("task {} (pid {}, {})", failure.slot, task.pid, task.name);
  } else if (!coordinator) {
    who = fmt::format("throw-away task {}", failure.slot);
  }
  std::string why = failure.error != 0
                        ? std::string(std::strerror(failure.error))
                        : fmt::format("descriptor {} resulted instead", failure.value);
  return Error{ErrorKind::kRestart, fmt::format("{} could not {}: {}", who, action(op), why),
               advice(op, failure.error)};
}

}  // namespace rb
