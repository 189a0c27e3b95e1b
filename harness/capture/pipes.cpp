#include "harness/capture/pipes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/fd.h"
#include "harness/verify/proc_files.h"

namespace rb::capture {

Status read_pipe(const std::string& link, FoundPipe& pipe) {
  // Opened anew, so that it can be read whichever end the descriptor is.
  const Fd fd(::open(link.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return fail_errno("cannot open " + link);
  const int capacity = ::fcntl(fd.get(), F_GETPIPE_SZ);
  int waiting = 0;
  if (capacity < 0 || ::ioctl(fd.get(), FIONREAD, &waiting) != 0) {
    return fail_errno("cannot look at " + link);
  }
  pipe.capacity = static_cast<std::uint32_t>(capacity);
  pipe.data.resize(static_cast<std::size_t>(waiting));
  if (waiting == 0) return {};
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return fail_errno("cannot make a pipe");
  const Fd reading(ends[0]);
  const Fd writing(ends[1]);
  // tee(2) copies buffers, not bytes: it needs as many as the source has.
  if (::fcntl(writing.get(), F_SETPIPE_SZ, capacity) < 0) {
    return fail_errno(fmt::format("cannot make a pipe of {} bytes", capacity));
  }
  const ssize_t copied = ::tee(fd.get(), writing.get(), pipe.data.size(), SPLICE_F_NONBLOCK);
  if (copied != waiting) return fail_errno("cannot tee " + link, copied < 0 ? errno : EIO);
  std::size_t got = 0;
  while (got < pipe.data.size()) {
    const ssize_t n = ::read(reading.get(), pipe.data.data() + got, pipe.data.size() - got);
    if (n <= 0) return fail_errno("cannot read what was teed from " + link);
    got += static_cast<std::size_t>(n);
  }
  return {};
}

std::string outside_holder(const FoundTree& found, const std::string& wanted) {
  const auto processes = list_numbers("/proc");
  if (!processes) return {};
  for (const std::uint32_t pid : *processes) {
    const bool inside = std::any_of(
        found.processes.begin(), found.processes.end(),
        [pid](const FoundProcess& process) { return process.pid == static_cast<pid_t>(pid); });
    if (inside || static_cast<pid_t>(pid) == ::getpid()) continue;
    const std::string directory = fmt::format("/proc/{}/fd", pid);
    const auto fds = list_numbers(directory);
    if (!fds) continue;
    for (const std::uint32_t fd : *fds) {
      const auto link = read_link(fmt::format("{}/{}", directory, fd));
      if (!link || *link != wanted) continue;
      auto name = read_whole_file(fmt::format("/proc/{}/comm", pid));
      if (name && !name->empty() && name->back() == '\n') name->pop_back();
      return fmt::format("pid {} ({}), fd {}", pid, name ? *name : "?", fd);
    }
  }
  return {};
}

}  // namespace rb::capture
