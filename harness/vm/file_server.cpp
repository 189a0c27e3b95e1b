#include "harness/vm/file_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace rb::vm {
namespace {

// Declared here, as <sys/mount.h> of glibc 2.36 and <linux/mount.h> exclude each other.
extern "C" int mount(const char* source, const char* target, const char* type, unsigned long flags,
                     const void* data);
constexpr unsigned long kRecursive = 1 << 14;
constexpr unsigned long kPrivate = 1 << 18;

/// Where Debian 12's qemu-system-common has it. The one in Rust has other options.
constexpr char kServer[] = "/usr/lib/qemu/virtiofsd";

/// Only for this process: whatever the guest asks for, it changes nothing on the host.
bool make_all_read_only() {
  if (::unshare(CLONE_NEWNS) != 0) return false;
  if (mount("none", "/", nullptr, kRecursive | kPrivate, nullptr) != 0) return false;
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  return ::syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &attributes,
                   sizeof attributes) == 0;
}

[[noreturn]] void become_server(const std::string& options, int listening, int log, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  ::setpgid(0, 0);
  ::dup2(::open("/dev/null", O_RDWR | O_CLOEXEC), STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  if (!make_all_read_only()) {
    ::dprintf(STDERR_FILENO, "the host's files cannot be made read-only: %s\n",
              std::strerror(errno));
    ::_exit(1);
  }
  ::fcntl(listening, F_SETFD, 0);
  const std::string descriptor = fmt::format("--fd={}", listening);
  ::execl(kServer, kServer, descriptor.c_str(), "-f", "-o", options.c_str(), nullptr);
  ::_exit(127);
}

/// A socket that listens on a name that the kernel chooses, and one that is connected to it.
struct Connection {
  Fd listening;
  Fd connected;
};

Result<Connection> connect() {
  Connection made{Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
                  Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socklen_t size = sizeof address.sun_family;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (!made.connected.valid() || ::bind(made.listening.get(), any, size) != 0 ||
      ::listen(made.listening.get(), 1) != 0) {
    return fail_errno("cannot make a socket for virtiofsd");
  }
  size = sizeof address;
  if (::getsockname(made.listening.get(), any, &size) != 0 ||
      ::connect(made.connected.get(), any, size) != 0) {
    return fail_errno("cannot connect to the socket for virtiofsd");
  }
  return made;
}

}  // namespace

Result<FileServer> FileServer::start(const std::string& directory, int log) {
  if (::access(kServer, X_OK) != 0) {
    return fail(ErrorKind::kLacking,
                fmt::format("there is no {} to give a virtual machine files", kServer),
                "install Debian's qemu-system-common");
  }
  if (::geteuid() != 0) {
    return fail(ErrorKind::kLacking, "giving a virtual machine this machine's files needs root");
  }
  auto connection = connect();
  if (!connection) return tl::unexpected(std::move(connection).error());
  // What is on this machine does not change for the guest; a comma would end the path.
  std::string options = "sandbox=chroot,cache=always,announce_submounts,log_level=err,source=";
  for (const char letter : directory) {
    if (letter == ',' || letter == '\\') options += '\\';
    options += letter;
  }
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork");
  if (pid == 0) become_server(options, connection->listening.get(), log, parent);
  return FileServer(pid, std::move(connection->connected));
}

FileServer::~FileServer() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace rb::vm
