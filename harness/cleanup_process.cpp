#include "harness/cleanup_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <set>
#include <utility>

namespace rb {
namespace {

[[noreturn]] void wait_and_clean(int pipe, const std::string& directory) {
  // Out of the terminal's reach, and of who kills bench's session.
  ::setsid();
  ::prctl(PR_SET_NAME, "bench-cleanup");
  // The others' ends of this pipe, and what else would stay open because of this process.
  if (::dup2(pipe, STDIN_FILENO) < 0) ::_exit(1);
  ::close_range(STDIN_FILENO + 1, ~0U, 0);
  std::set<pid_t> groups;
  pid_t message = 0;
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, &message, sizeof message);
    if (got < 0 && errno == EINTR) continue;
    if (got != sizeof message) break;
    message > 0 ? void(groups.insert(message)) : void(groups.erase(-message));
  }
  for (const pid_t group : groups) ::kill(-group, SIGKILL);
  // What those tasks write a moment before they end may be in the way.
  std::error_code error;
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::filesystem::remove_all(directory, error);
    if (!std::filesystem::exists(directory, error)) break;
    ::usleep(10'000);
  }
  ::_exit(0);
}

}  // namespace

Result<CleanupProcess> CleanupProcess::start(const std::string& directory) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("pipe2");
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) wait_and_clean(reading.get(), directory);
  const int error = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return fail_errno("cannot fork", error);
  return CleanupProcess(pid, std::move(writing));
}

CleanupProcess::CleanupProcess(CleanupProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pipe_(std::move(other.pipe_)) {}

CleanupProcess::~CleanupProcess() {
  if (pid_ < 0) return;
  pipe_.reset();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void CleanupProcess::send(pid_t message) const {
  // Less than PIPE_BUF: all of it or nothing, and never in the middle of another's.
  while (::write(pipe_.get(), &message, sizeof message) < 0 && errno == EINTR) {
  }
}

}  // namespace rb
