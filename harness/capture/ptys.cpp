#include "harness/capture/ptys.h"

#include <asm/termbits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "harness/capture/kept_files.h"
#include "harness/verify/proc_files.h"

namespace rb::capture {
namespace {

constexpr std::string_view kSlaves = "/dev/pts/";

// Of proc_pid_stat(5).
constexpr unsigned kPgrpField = 5;
constexpr unsigned kSessionField = 6;
constexpr unsigned kTerminalField = 7;  // tty_nr

/// As the kernel tells device numbers of terminals: new_encode_dev().
constexpr std::uint64_t encoded(unsigned major, unsigned minor) {
  return (minor & 0xff) | std::uint64_t{major} << 8 | std::uint64_t{minor & ~0xffu} << 12;
}
constexpr unsigned kSlaveMajor = 136;  // UNIX98_PTY_SLAVE_MAJOR

Status cannot_ask(const std::string& who) { return fail_errno("cannot look into " + who); }

bool hung_up(const FoundPty& pty) { return (pty.record.flags & RBI_PTY_HUNG_UP) != 0; }

Status read_settings(FoundPty& pty) {
  const int fd = pty.master.get();
  rbi_pty& record = pty.record;
  termios2 settings{};
  winsize window{};
  unsigned number = 0;
  if (::ioctl(fd, TIOCGPTN, &number) != 0 || ::ioctl(fd, TCGETS2, &settings) != 0 ||
      ::ioctl(fd, TIOCGWINSZ, &window) != 0) {
    return cannot_ask(pty.who);
  }
  record.number = number;
  record.input_flags = settings.c_iflag;
  record.output_flags = settings.c_oflag;
  record.control_flags = settings.c_cflag;
  record.local_flags = settings.c_lflag;
  record.input_speed = settings.c_ispeed;
  record.output_speed = settings.c_ospeed;
  static_assert(sizeof settings.c_cc < RBI_PTY_CONTROLS);
  std::memcpy(record.control, settings.c_cc, sizeof settings.c_cc);
  record.rows = window.ws_row;
  record.columns = window.ws_col;
  record.width = window.ws_xpixel;
  record.height = window.ws_ypixel;
  struct stat slave {};
  if (::stat(slave_path(pty).c_str(), &slave) != 0 || minor(slave.st_rdev) != number) {
    return fail_errno("cannot find the slave of " + pty.who + ": mount its devpts at /dev/pts",
                      ENOENT);
  }
  record.uid = slave.st_uid;
  record.gid = slave.st_gid;
  record.mode = slave.st_mode & 0777;
  return {};
}

Status read_flags(FoundPty& pty, Refusals& refusals) {
  const int fd = pty.master.get();
  int locked = 0;
  int packet = 0;
  int exclusive = 0;
  int discipline = 0;
  if (::ioctl(fd, TIOCGPTLCK, &locked) != 0 || ::ioctl(fd, TIOCGPKT, &packet) != 0 ||
      ::ioctl(fd, TIOCGEXCL, &exclusive) != 0 || ::ioctl(fd, TIOCGETD, &discipline) != 0) {
    return cannot_ask(pty.who);
  }
  pollfd state = {fd, POLLIN | POLLPRI, 0};
  ::poll(&state, 1, 0);
  __u32& flags = pty.record.flags;
  if (locked != 0) flags |= RBI_PTY_LOCKED;
  if (packet != 0) flags |= RBI_PTY_PACKET;
  if (exclusive != 0) flags |= RBI_PTY_MASTER_EXCLUSIVE;
  if ((state.revents & POLLHUP) != 0) flags |= RBI_PTY_SLAVE_CLOSED;
  if ((state.revents & POLLPRI) != 0) {
    refusals.add("{} has an unread message of packet mode: try again when it has been read",
                 pty.who);
  }
  if (discipline != N_TTY) refusals.add("{} has line discipline {}", pty.who, discipline);
  return {};
}

/// Who has an end of one of the ptys open, outside of the tree.
class Outside {
 public:
  Outside(const FoundTree& found, Refusals& refusals) : found_(found), refusals_(refusals) {}

  void look() {
    const auto processes = list_numbers("/proc");
    if (!processes) return;
    for (const std::uint32_t pid : *processes) {
      const bool inside = std::any_of(
          found_.processes.begin(), found_.processes.end(),
          [pid](const FoundProcess& process) { return process.pid == static_cast<pid_t>(pid); });
      if (!inside && static_cast<pid_t>(pid) != ::getpid()) look_at(pid);
    }
  }

 private:
  void look_at(std::uint32_t pid) {
    const std::string directory = fmt::format("/proc/{}", pid);
    const auto fds = list_numbers(directory + "/fd");
    if (!fds) return;
    for (const std::uint32_t fd : *fds) {
      const std::string path = fmt::format("{}/fd/{}", directory, fd);
      const auto link = read_link(path);
      if (!link || !link->starts_with("/dev/p")) continue;
      const FoundPty* pty = of_slave(*link, path);
      if (pty == nullptr) pty = of_master(path, fmt::format("{}/fdinfo/{}", directory, fd));
      if (pty == nullptr) continue;
      auto name = read_whole_file(directory + "/comm");
      if (name && !name->empty() && name->back() == '\n') name->pop_back();
      refusals_.add("{} is open outside of the tree, too, by pid {} ({}), fd {}: end that",
                    pty->who, pid, name ? *name : "?", fd);
    }
  }

  [[nodiscard]] const FoundPty* of_slave(const std::string& link, const std::string& path) const {
    for (const FoundPty& pty : found_.ptys) {
      if (hung_up(pty) || link != slave_path(pty)) continue;
      struct stat its {};
      struct stat own {};
      const bool same = ::stat(path.c_str(), &its) == 0 && ::stat(link.c_str(), &own) == 0 &&
                        its.st_dev == own.st_dev && its.st_ino == own.st_ino;
      return same ? &pty : nullptr;
    }
    return nullptr;
  }

  [[nodiscard]] const FoundPty* of_master(const std::string& path,
                                          const std::string& fdinfo) const {
    struct stat its {};
    if (::stat(path.c_str(), &its) != 0 || !is_multiplexer(its.st_rdev)) return nullptr;
    const auto info = read_whole_file(fdinfo);
    constexpr std::string_view kIndex = "tty-index:";
    const auto at = info ? info->find(kIndex) : std::string::npos;
    if (at == std::string::npos) return nullptr;
    const auto number = std::strtoul(info->c_str() + at + kIndex.size(), nullptr, 10);
    for (const FoundPty& pty : found_.ptys) {
      if (!hung_up(pty) && pty.record.number == number) return &pty;
    }
    return nullptr;
  }

  const FoundTree& found_;
  Refusals& refusals_;
};

const FoundProcess* process_of(const FoundTree& found, std::uint64_t pid) {
  const auto at = std::find_if(
      found.processes.begin(), found.processes.end(),
      [pid](const FoundProcess& one) { return static_cast<std::uint64_t>(one.pid) == pid; });
  return at == found.processes.end() ? nullptr : &*at;
}

/// Whose controlling terminal it is.
void find_session(const FoundTree& found, FoundPty& pty, Refusals& refusals) {
  pid_t session = 0;
  pid_t foreground = 0;
  // Of a terminal that is nobody's: ENOTTY.
  if (::ioctl(pty.master.get(), TIOCGSID, &session) != 0) return;
  const FoundProcess* leader = process_of(found, static_cast<std::uint64_t>(session));
  if (leader == nullptr) {
    refusals.add("{} is the controlling terminal of session {}, which is not of the tree", pty.who,
                 session);
    return;
  }
  if (::ioctl(pty.master.get(), TIOCGPGRP, &foreground) != 0) foreground = 0;
  const auto is_foreground = [&](const ProcStat& stat) {
    return static_cast<pid_t>(stat.field[kPgrpField]) == foreground &&
           static_cast<pid_t>(stat.field[kSessionField]) == session;
  };
  const bool there =
      std::any_of(found.processes.begin(), found.processes.end(),
                  [&](const FoundProcess& one) { return is_foreground(one.stat); }) ||
      std::any_of(found.zombies.begin(), found.zombies.end(),
                  [&](const FoundZombie& one) { return is_foreground(one.stat); });
  if (!there) {
    refusals.add("{} has a foreground process group, {}, in which there is nobody: try again",
                 pty.who, foreground);
  }
  pty.record.sid = static_cast<__u32>(session);
  pty.record.foreground = static_cast<__u32>(foreground);
}

/// Who of a session has its terminal: all but those who gave it up.
void find_terminal(const FoundTree& found, FoundProcess& process, Refusals& refusals) {
  const std::uint64_t terminal = process.stat.field[kTerminalField];
  if (terminal == 0) return;
  const std::uint64_t session = process.stat.field[kSessionField];
  process.has_terminal = std::any_of(found.ptys.begin(), found.ptys.end(), [&](const auto& pty) {
    return !hung_up(pty) && pty.record.sid == session &&
           encoded(kSlaveMajor, pty.record.number) == terminal;
  });
  if (!process.has_terminal && static_cast<std::uint64_t>(process.pid) == session) {
    refusals.add(
        "{} leads a session whose controlling terminal is not of the tree: start it without, by "
        "setsid(1), or capture who has the master, too",
        found.tasks[process.first_task].who);
  }
}

}  // namespace

std::string slave_path(const FoundPty& pty) {
  return fmt::format("{}{}", kSlaves, pty.record.number);
}

Status read_master(const std::string& link, FoundPty& pty, Refusals& refusals) {
  if (link != "/dev/ptmx" && link != "/dev/pts/ptmx") {
    refusals.add("{} was opened by another name than /dev/ptmx and /dev/pts/ptmx", pty.who);
  }
  RB_TRY(read_settings(pty));
  return read_flags(pty, refusals);
}

std::optional<std::uint32_t> slave_of(FoundTree& found, int fd, const std::string& link,
                                      const std::string& who, Refusals& refusals) {
  const bool closed = link.starts_with(kSlaves) && link.ends_with(kDeleted);
  unsigned number = 0;
  if (closed) {
    number = static_cast<unsigned>(std::atoi(link.c_str() + kSlaves.size()));
  } else if (unsigned device = 0; ::ioctl(fd, TIOCGDEV, &device) == 0) {
    if (!is_pty_major(device >> 8 & 0xfff)) return std::nullopt;
    number = (device & 0xff) | (device >> 12 & ~0xffu);
  } else {
    if (errno == EIO) refusals.add("{} is hung up: close it", who);
    return std::nullopt;
  }
  const auto known = std::find_if(found.ptys.begin(), found.ptys.end(), [&](const FoundPty& pty) {
    return pty.record.number == number && hung_up(pty) == closed;
  });
  if (known == found.ptys.end() && !closed) return std::nullopt;
  const auto index = static_cast<std::uint32_t>(known - found.ptys.begin());
  if (known == found.ptys.end()) {
    found.ptys.emplace_back();
    found.ptys.back().who = who;
    found.ptys.back().record.number = number;
    found.ptys.back().record.flags = RBI_PTY_HUNG_UP;
  }
  FoundPty& pty = found.ptys[index];
  pty.has_slave = true;
  int exclusive = 0;
  int discipline = N_TTY;
  if (!closed && ::ioctl(fd, TIOCGEXCL, &exclusive) == 0 && exclusive != 0) {
    pty.record.flags |= RBI_PTY_EXCLUSIVE;
  }
  if (!closed && ::ioctl(fd, TIOCGETD, &discipline) == 0 && discipline != N_TTY) {
    refusals.add("{} has line discipline {}", who, discipline);
  }
  return index;
}

Status finish_ptys(FoundTree& found, Refusals& refusals) {
  for (FoundPty& pty : found.ptys) {
    if (!hung_up(pty)) find_session(found, pty, refusals);
  }
  for (FoundProcess& process : found.processes) find_terminal(found, process, refusals);
  if (!found.ptys.empty()) Outside(found, refusals).look();
  return {};
}

}  // namespace rb::capture
