#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "base/fd.h"
#include "harness/verify/checks.h"

namespace rb {
namespace {

/// A pipe to copy another one's contents into: tee(2) leaves them in place.
class ScratchPipe {
 public:
  /// @param capacity  bytes; tee(2) copies buffers, so as many as the source
  [[nodiscard]] Status open(int capacity) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return fail_errno("cannot make a pipe");
    reading_ = Fd(ends[0]);
    writing_ = Fd(ends[1]);
    if (::fcntl(writing_.get(), F_SETPIPE_SZ, capacity) < 0) {
      return fail_errno(fmt::format("cannot make a pipe of {} bytes", capacity));
    }
    return {};
  }

  /// @return what is in the pipe, unread; at most size bytes
  [[nodiscard]] Result<std::vector<std::byte>> peek(int pipe, std::size_t size) {
    std::vector<std::byte> bytes(size);
    const ssize_t copied = ::tee(pipe, writing_.get(), size, SPLICE_F_NONBLOCK);
    if (copied < 0) return fail_errno("cannot tee a pipe");
    std::size_t got = 0;
    while (got < static_cast<std::size_t>(copied)) {
      const ssize_t n = ::read(reading_.get(), bytes.data() + got, bytes.size() - got);
      if (n <= 0) return fail_errno("cannot read what was teed");
      got += static_cast<std::size_t>(n);
    }
    bytes.resize(got);
    return bytes;
  }

 private:
  Fd reading_;
  Fd writing_;
};

Status check_pipe(Inspection& inspection, const PipeEnd& end) {
  const rbi_pipe& pipe = inspection.image.pipes()[end.pipe];
  const std::string where =
      fmt::format("{}: pipe {} (fd {})", inspection.name(end.task), end.pipe, end.fd);
  // Opened anew, so that it can be read whichever end the task has: a task may
  // keep the write end only. pidfd_getfd(2) would yield that very end.
  const Fd fd(::open(fmt::format("{}/fd/{}", inspection.directory(end.task), end.fd).c_str(),
                     O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return inspection.unreadable(end.task, "pipe", errno);

  const int capacity = ::fcntl(fd.get(), F_GETPIPE_SZ);
  int waiting = 0;
  if (capacity < 0 || ::ioctl(fd.get(), FIONREAD, &waiting) != 0) {
    return inspection.unreadable(end.task, "pipe", errno);
  }
  if (static_cast<std::uint32_t>(capacity) != pipe.capacity) {
    inspection.findings.add("{}: capacity: expected {}, found {}", where, pipe.capacity, capacity);
  }
  if (static_cast<std::uint32_t>(waiting) != pipe.data_size) {
    inspection.findings.add("{}: bytes waiting: expected {}, found {}", where, pipe.data_size,
                            waiting);
    return {};
  }
  if (waiting == 0) return {};
  ScratchPipe scratch;
  RB_TRY(scratch.open(capacity));
  const auto bytes = scratch.peek(fd.get(), static_cast<std::size_t>(waiting));
  if (!bytes) return tl::unexpected<Error>(bytes.error());
  const auto expected = inspection.image.pipe_data(pipe);
  const auto [found, wanted] =
      std::mismatch(bytes->begin(), bytes->end(), expected.begin(), expected.end());
  if (wanted != expected.end()) {
    inspection.findings.add("{}: byte {}: expected {:#04x}, found {}", where,
                            wanted - expected.begin(), std::to_integer<unsigned>(*wanted),
                            found == bytes->end()
                                ? std::string("none")
                                : fmt::format("{:#04x}", std::to_integer<unsigned>(*found)));
  }
  return {};
}

}  // namespace

Status check_pipes(Inspection& inspection, const std::vector<PipeEnd>& ends) {
  for (const PipeEnd& end : ends) RB_TRY(check_pipe(inspection, end));
  return {};
}

}  // namespace rb
