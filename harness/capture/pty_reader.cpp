#include "harness/capture/pty_reader.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace rb::capture {
namespace {

constexpr std::byte kQuote{RBI_PTY_QUOTE};
constexpr std::byte kEof{RBI_PTY_EOF};
constexpr std::byte kNewline{'\n'};
constexpr std::byte kStop{0x13};  // any character will do
constexpr int kPatience = 100;    // ms
constexpr int kTries = 50;

class PtyReader {
 public:
  PtyReader(int master, int slave, const termios2& settings, PtyUnread& unread)
      : master_(master),
        slave_(slave),
        settings_(settings),
        lines_(reads_lines(settings.c_lflag)),
        unread_(unread) {}

  void run() {
    take_output();
    unread_.stopped = !is_ready(slave_, POLLOUT, 0);
    if (unread_.stopped) start();
    return_output();
    take_input();
    return_input();
    if (unread_.stopped) stop();
    set(settings_);
  }

 private:
  void note(bool succeeded) {
    if (!succeeded && unread_.error == 0) unread_.error = errno == 0 ? EIO : errno;
  }
  void set(const termios2& settings) { note(::ioctl(slave_, TCSETS2, &settings) == 0); }

  void take_output() {
    while (unread_.output < PtyUnread::kMostOutput && is_ready(master_, POLLIN, 0)) {
      const ssize_t got = ::read(master_, unread_.output_bytes + unread_.output,
                                 PtyUnread::kMostOutput - unread_.output);
      if (got <= 0) return note(got == 0);
      unread_.output += static_cast<std::size_t>(got);
    }
  }

  void return_output() {
    if (unread_.output == 0) return;
    termios2 plain = settings_;
    plain.c_oflag &= ~static_cast<tcflag_t>(OPOST);
    set(plain);
    std::size_t done = 0;
    for (int tries = 0; done < unread_.output && tries < kTries;) {
      const ssize_t put = ::write(slave_, unread_.output_bytes + done, unread_.output - done);
      if (put > 0) {
        done += static_cast<std::size_t>(put);
      } else {
        ++tries;
        is_ready(slave_, POLLOUT, kPatience);
      }
    }
    note(done == unread_.output);
  }

  void append(std::byte byte) {
    if (unread_.input == PtyUnread::kMostInput) return note(false);
    unread_.input_bytes[unread_.input++] = byte;
  }

  /// As it must be typed; see struct rbi_pty.
  void append_input(const std::byte* bytes, std::size_t count) {
    unread_.raw += count;
    for (std::size_t i = 0; i < count; ++i) {
      const auto code = static_cast<cc_t>(bytes[i]);
      const bool special = bytes[i] == kNewline || bytes[i] == kQuote || bytes[i] == kEof ||
                           (code != 0 && is_line_end(code));
      const bool ends = i + 1 == count && ends_line(bytes[i]);
      if (lines_ && special && !ends) append(kQuote);
      append(bytes[i]);
    }
  }
  [[nodiscard]] bool is_line_end(cc_t code) const {
    return code == settings_.c_cc[VEOL] || code == settings_.c_cc[VEOL2];
  }
  /// Of the last byte of a whole line.
  [[nodiscard]] bool ends_line(std::byte byte) const {
    const auto code = static_cast<cc_t>(byte);
    return whole_line_ && (byte == kNewline || (code != 0 && is_line_end(code)));
  }

  void take_input() {
    if (!lines_) {
      take_raw();
      return;
    }
    // Each call returns one line; one that ends by an end of file comes without that.
    whole_line_ = true;
    for (;;) {
      const ssize_t got = ::read(slave_, buffer_, sizeof buffer_);
      if (got < 0) break;
      append_input(buffer_, static_cast<std::size_t>(got));
      if (got == 0 || !ends_line(buffer_[got - 1])) append(kEof);
    }
    note(errno == EAGAIN);
    whole_line_ = false;
    // The line that is being typed is seen only without lines.
    set(staging_settings(settings_, false));
    take_raw();
  }

  void take_raw() {
    for (;;) {
      const ssize_t got = ::read(slave_, buffer_, sizeof buffer_);
      if (got <= 0) break;
      append_input(buffer_, static_cast<std::size_t>(got));
    }
    note(errno == EAGAIN);
  }

  /// Into the line discipline at once: TIOCSTI, ioctl_tty(2); what it has no room for waits in
  /// front of it, as before.
  void return_input() {
    if (unread_.input == 0) return;
    set(staging_settings(settings_, lines_));
    std::size_t i = 0;
    for (; i < unread_.input && i < kDisciplineRoom; ++i) {
      note(::ioctl(slave_, TIOCSTI, &unread_.input_bytes[i]) == 0);
    }
    if (i == unread_.input) return;
    const auto left = static_cast<ssize_t>(unread_.input - i);
    note(::write(master_, unread_.input_bytes + i, unread_.input - i) == left);
  }

  void start() {
    ::ioctl(slave_, TCXONC, TCOOFF);
    note(::ioctl(slave_, TCXONC, TCOON) == 0);
  }

  void stop() {
    if ((settings_.c_iflag & IXON) == 0) {
      note(::ioctl(slave_, TCXONC, TCOOFF) == 0);
      return;
    }
    termios2 stopping = staging_settings(settings_, lines_);
    stopping.c_iflag = IXON;
    stopping.c_cc[VSTOP] = static_cast<cc_t>(kStop);
    set(stopping);
    note(::ioctl(slave_, TIOCSTI, &kStop) == 0);
  }

  int master_;
  int slave_;
  const termios2& settings_;
  bool lines_;
  bool whole_line_ = false;
  PtyUnread& unread_;
  std::byte buffer_[kDisciplineRoom + 1];
};

}  // namespace

termios2 staging_settings(const termios2& settings, bool lines) {
  termios2 staging = settings;
  staging.c_iflag = 0;
  staging.c_oflag &= ~static_cast<tcflag_t>(OPOST);
  staging.c_lflag = lines ? ICANON | IEXTEN : 0;
  std::memset(staging.c_cc, 0, sizeof staging.c_cc);
  staging.c_cc[VMIN] = 1;
  if (lines) {
    staging.c_cc[VEOF] = RBI_PTY_EOF;
    staging.c_cc[VLNEXT] = RBI_PTY_QUOTE;
    staging.c_cc[VEOL] = settings.c_cc[VEOL];
    staging.c_cc[VEOL2] = settings.c_cc[VEOL2];
  }
  return staging;
}

void read_pty(int master, int slave, const termios2& settings, bool packet, PtyUnread& unread) {
  int mode = 0;
  if (packet) ::ioctl(master, TIOCPKT, &mode);
  PtyReader(master, slave, settings, unread).run();
  mode = 1;
  if (packet) ::ioctl(master, TIOCPKT, &mode);
}

}  // namespace rb::capture
