// Pseudo-terminals: their settings, what is unread, whom they control.
#include <asm/termbits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cstring>

#include "harness/verify/check_special.h"
#include "harness/verify/line_discipline.h"

namespace rb {
namespace {

class PtyCheck {
 public:
  PtyCheck(Inspection& inspection, const OpenDescription& open)
      : in_(inspection),
        open_(open),
        ofd_(inspection.image.ofds()[open.ofd]),
        pty_(inspection.image.ptys()[ofd_.object]),
        name_(fmt::format("{}: fd {}", in_.name(open.task), open.number)) {}

  void run() {
    const bool hung_up = (pty_.flags & RBI_PTY_HUNG_UP) != 0;
    const std::string path(in_.image.string(ofd_.path));
    compare("terminal", hung_up ? path + " (deleted)" : path, open_.link);
    if (ofd_.kind == RBI_OFD_PTY_MASTER) {
      check_master();
    } else {
      check_slave(hung_up);
    }
  }

 private:
  template <class A, class B>
  void compare(const char* what, const A& expected, const B& found) {
    if (expected == found) return;
    in_.findings.add("{}: {}: expected {}, found {}", name_, what, expected, found);
  }
  [[nodiscard]] bool has(__u32 flag) const { return (pty_.flags & flag) != 0; }

  [[nodiscard]] int ask(unsigned long request) const {
    int value = -1;
    return ::ioctl(open_.copy, request, &value) == 0 ? value : -1;
  }
  [[nodiscard]] short events(short wanted) const {
    pollfd state = {open_.copy, wanted, 0};
    ::poll(&state, 1, 0);
    return state.revents;
  }

  void check_master() {
    compare("pty's number", static_cast<int>(pty_.number), ask(TIOCGPTN));
    compare("pty is locked", has(RBI_PTY_LOCKED) ? 1 : 0, ask(TIOCGPTLCK));
    compare("packet mode", has(RBI_PTY_PACKET) ? 1 : 0, ask(TIOCGPKT));
    compare("master is exclusive", has(RBI_PTY_MASTER_EXCLUSIVE) ? 1 : 0, ask(TIOCGEXCL));
    compare("terminal's session", pty_.sid == 0 ? -1 : static_cast<int>(pty_.sid), ask(TIOCGSID));
    compare("foreground process group", pty_.sid == 0 ? 0 : static_cast<int>(pty_.foreground),
            pty_.sid == 0 ? 0 : ask(TIOCGPGRP));
    const auto found = events(POLLIN);  // which waits for what is on its way
    compare("slave is closed", has(RBI_PTY_SLAVE_CLOSED), (found & POLLHUP) != 0);
    compare(
        "unread output",
        static_cast<int>(std::min<std::size_t>(pty_.data_size - pty_.input_size, kDisciplineRoom)),
        ask(FIONREAD));
    check_settings();
    check_owner();
  }

  void check_settings() {
    termios2 settings{};
    winsize window{};
    ::ioctl(open_.copy, TCGETS2, &settings);
    ::ioctl(open_.copy, TIOCGWINSZ, &window);
    compare("termios (input, output, control, local)",
            fmt::format("{:#o} {:#o} {:#o} {:#o}", pty_.input_flags, pty_.output_flags,
                        pty_.control_flags, pty_.local_flags),
            fmt::format("{:#o} {:#o} {:#o} {:#o}", settings.c_iflag, settings.c_oflag,
                        settings.c_cflag, settings.c_lflag));
    compare("speed", fmt::format("{} {}", pty_.input_speed, pty_.output_speed),
            fmt::format("{} {}", settings.c_ispeed, settings.c_ospeed));
    if (std::memcmp(settings.c_cc, pty_.control, sizeof settings.c_cc) != 0) {
      in_.findings.add("{}: control characters differ", name_);
    }
    compare("window", fmt::format("{} {} {} {}", pty_.rows, pty_.columns, pty_.width, pty_.height),
            fmt::format("{} {} {} {}", window.ws_row, window.ws_col, window.ws_xpixel,
                        window.ws_ypixel));
  }

  void check_owner() {
    struct stat status {};
    ::stat(fmt::format("/dev/pts/{}", pty_.number).c_str(), &status);
    compare("slave's owner", fmt::format("{} {} {:#o}", pty_.uid, pty_.gid, pty_.mode),
            fmt::format("{} {} {:#o}", status.st_uid, status.st_gid, status.st_mode & 0777));
  }

  void check_slave(bool hung_up) {
    const auto found = events(POLLIN | POLLOUT);
    compare("terminal is hung up", hung_up, (found & POLLHUP) != 0);
    if (hung_up) return;
    const auto device = static_cast<unsigned>(ask(TIOCGDEV));
    compare("terminal's number", pty_.number, (device & 0xff) | (device >> 12 & ~0xffu));
    compare("slave is exclusive", has(RBI_PTY_EXCLUSIVE) ? 1 : 0, ask(TIOCGEXCL));
    const bool full = pty_.data_size - pty_.input_size >= kDisciplineRoom;
    if (!full) compare("output is stopped", has(RBI_PTY_STOPPED), (found & POLLOUT) == 0);
    const bool lines = reads_lines(pty_.local_flags);
    if (lines) {
      compare("a line is unread", has_line(), (found & POLLIN) != 0);
    } else {
      compare("unread input", static_cast<int>(pty_.input_size), ask(FIONREAD));
    }
  }

  /// Whether the input has one that is whole.
  [[nodiscard]] bool has_line() const {
    const auto input = in_.image.pty_data(pty_).first(pty_.input_size);
    for (std::size_t i = 0; i < input.size(); ++i) {
      const auto code = static_cast<unsigned char>(input[i]);
      if (code == RBI_PTY_QUOTE) {
        ++i;
        continue;
      }
      const bool ends = code != 0 && (code == static_cast<unsigned char>(pty_.control[VEOL]) ||
                                      code == static_cast<unsigned char>(pty_.control[VEOL2]));
      if (code == '\n' || code == RBI_PTY_EOF || ends) return true;
    }
    return false;
  }

  Inspection& in_;
  const OpenDescription& open_;
  const rbi_ofd& ofd_;
  const rbi_pty& pty_;
  std::string name_;
};

}  // namespace

void check_pty(Inspection& inspection, const OpenDescription& open) {
  PtyCheck(inspection, open).run();
}

std::uint64_t terminal_number(const Image& image, const rbi_group& group) {
  if ((group.flags & RBI_GROUP_TERMINAL) == 0) return 0;
  constexpr unsigned kSlaveMajor = 136;  // UNIX98_PTY_SLAVE_MAJOR
  for (const rbi_pty& pty : image.ptys()) {
    if (pty.sid != group.sid) continue;
    return (pty.number & 0xff) | kSlaveMajor << 8 | (pty.number & ~0xffu) << 12;
  }
  return 0;
}

}  // namespace rb
