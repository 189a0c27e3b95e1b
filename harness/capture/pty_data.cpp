#include "harness/capture/pty_data.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <new>

#include "harness/capture/pty_reader.h"

namespace rb::capture {
namespace {

termios2 settings_of(const rbi_pty& record) {
  termios2 settings{};
  settings.c_iflag = record.input_flags;
  settings.c_oflag = record.output_flags;
  settings.c_cflag = record.control_flags;
  settings.c_lflag = record.local_flags;
  settings.c_ispeed = record.input_speed;
  settings.c_ospeed = record.output_speed;
  std::memcpy(settings.c_cc, record.control, sizeof settings.c_cc);
  return settings;
}

/// A description of the slave of our own. A lock keeps us out, too.
Fd open_slave(const FoundPty& pty) {
  constexpr int kFlags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
  const bool locked = (pty.record.flags & RBI_PTY_LOCKED) != 0;
  int lock = 0;
  if (locked) ::ioctl(pty.master.get(), TIOCSPTLCK, &lock);
  Fd slave(::ioctl(pty.master.get(), TIOCGPTPEER, kFlags));
  lock = 1;
  if (locked) ::ioctl(pty.master.get(), TIOCSPTLCK, &lock);
  return slave;
}

/// Memory that a child shares, as it has no other way to tell.
struct Unmap {
  void operator()(PtyUnread* unread) const { ::munmap(unread, sizeof *unread); }
};
using SharedUnread = std::unique_ptr<PtyUnread, Unmap>;

SharedUnread share() {
  void* memory =
      ::mmap(nullptr, sizeof(PtyUnread), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return SharedUnread(memory == MAP_FAILED ? nullptr : new (memory) PtyUnread);
}

/// In a process that neither the end of bench nor a terminal's signal ends half-way.
Status read_apart(const FoundPty& pty, int slave, PtyUnread& unread) {
  const termios2 settings = settings_of(pty.record);
  const bool packet = (pty.record.flags & RBI_PTY_PACKET) != 0;
  unread.error = ECHILD;  // unless it says otherwise
  const pid_t child = ::fork();
  if (child < 0) return fail_errno("cannot start a process to read " + pty.who);
  if (child == 0) {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    ::setsid();
    unread.error = 0;
    read_pty(pty.master.get(), slave, settings, packet, unread);
    ::_exit(0);
  }
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (unread.error == 0) return {};
  return fail_errno("cannot read what is unread in " + pty.who, unread.error);
}

void keep(FoundPty& pty, const PtyUnread& unread, Refusals& refusals) {
  if (unread.raw >= kDisciplineRoom) {
    refusals.add("{} has {} bytes of unread input: an image can hold those of one buffer, {}",
                 pty.who, unread.raw, kDisciplineRoom - 1);
    return;
  }
  pty.input.assign(unread.input_bytes, unread.input_bytes + unread.input);
  pty.output.assign(unread.output_bytes, unread.output_bytes + unread.output);
  if (unread.stopped) pty.record.flags |= RBI_PTY_STOPPED;
}

Status read_one(FoundPty& pty, Refusals& refusals) {
  rbi_pty& record = pty.record;
  const int master = pty.master.get();
  const bool output = is_ready(master, POLLIN);
  if (!pty.has_slave && (record.flags & RBI_PTY_SLAVE_CLOSED) == 0) {
    // To open it would be seen. Input would have been echoed, by which it is told.
    if (output || (record.local_flags & ECHO) == 0) {
      refusals.add("{} may have unread data, and a slave that nobody has opened yet: try again",
                   pty.who);
    }
    return {};
  }
  const Fd slave = open_slave(pty);
  if (!slave.valid()) return fail_errno("cannot open the slave of " + pty.who);
  int exclusive = 0;
  int input = 0;
  if (::ioctl(slave.get(), TIOCGEXCL, &exclusive) == 0 && exclusive != 0) {
    record.flags |= RBI_PTY_EXCLUSIVE;
  }
  const bool lines = reads_lines(record.local_flags);
  const bool line = is_ready(slave.get(), POLLIN);  // and what is on its way has arrived
  ::ioctl(slave.get(), FIONREAD, &input);
  const auto ends_oddly = [&](unsigned which) {
    const auto code = static_cast<unsigned char>(record.control[which]);
    return code == RBI_PTY_QUOTE || code == RBI_PTY_EOF;
  };
  if (lines && line && (ends_oddly(VEOL) || ends_oddly(VEOL2))) {
    refusals.add("{} has unread lines that may end by ^D or ^V (VEOL): try again", pty.who);
    return {};
  }
  if (static_cast<std::size_t>(input) >= kDisciplineRoom) {
    refusals.add("{} has more unread input than an image can hold, {} bytes: try again", pty.who,
                 kDisciplineRoom - 1);
    return {};
  }
  if (!output && !lines && input == 0) {
    if (!is_ready(slave.get(), POLLOUT)) record.flags |= RBI_PTY_STOPPED;
    return {};
  }
  const SharedUnread unread = share();
  if (unread == nullptr) return fail_errno("no memory to read " + pty.who);
  RB_TRY(read_apart(pty, slave.get(), *unread));
  keep(pty, *unread, refusals);
  return {};
}

}  // namespace

Status read_ptys(FoundTree& found, Refusals& refusals) {
  for (FoundPty& pty : found.ptys) {
    if (pty.master.valid()) RB_TRY(read_one(pty, refusals));
  }
  return {};
}

}  // namespace rb::capture
