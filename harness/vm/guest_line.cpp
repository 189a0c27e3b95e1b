#include "harness/vm/guest_line.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

namespace rb::vm {

Result<GuestLine> GuestLine::open(const char* path) {
  Fd fd(::open(path, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid()) return fail_errno(std::string("cannot open ") + path);
  termios settings{};
  if (::tcgetattr(fd.get(), &settings) != 0) return fail_errno("tcgetattr");
  // Bytes as they are: no echo, no lines, no CR LF, no flow control, no modem.
  ::cfmakeraw(&settings);
  settings.c_cflag |= CLOCAL | CREAD;
  settings.c_cflag &= ~static_cast<tcflag_t>(CRTSCTS);
  // QEMU has no bit rate; the kernel derives its patience from one.
  ::cfsetspeed(&settings, B115200);
  if (::tcsetattr(fd.get(), TCSANOW, &settings) != 0) return fail_errno("tcsetattr");
  return GuestLine(std::move(fd));
}

Status GuestLine::send(FrameType type, std::string_view payload) const {
  // One write(2), which the kernel does not interleave with that of another task.
  const std::string bytes = encode(type, payload);
  for (std::string_view left = bytes; !left.empty();) {
    const ssize_t written = ::write(fd_.get(), left.data(), left.size());
    if (written < 0 && errno != EINTR) return fail_errno("cannot write to the line to the host");
    if (written > 0) left.remove_prefix(static_cast<std::size_t>(written));
  }
  while (::tcdrain(fd_.get()) != 0) {
    if (errno != EINTR) return fail_errno("tcdrain");
  }
  return {};
}

int FrameBuffer::overflow(int character) {
  if (character != traits_type::eof()) text_ += static_cast<char>(character);
  return traits_type::not_eof(character);
}

std::streamsize FrameBuffer::xsputn(const char* text, std::streamsize size) {
  text_.append(text, static_cast<std::size_t>(size));
  return size;
}

int FrameBuffer::sync() {
  if (text_.empty()) return 0;
  const bool sent = line_.send(type_, text_).has_value();
  text_.clear();
  return sent ? 0 : -1;
}

}  // namespace rb::vm
