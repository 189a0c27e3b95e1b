#include "harness/peer/holder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

namespace rb::peer {
namespace {

using Clock = std::chrono::steady_clock;

/// Ten thousand threads take criu seconds, and an emulated machine is a hundred times slower.
constexpr std::chrono::seconds kLimit{7200};
constexpr int kLookMs = 200;
constexpr std::size_t kMessage = 1 << 16;
constexpr char kOutput[] = "output";  ///< of programs, in the storage

struct Line {
  Fd ours;
  Fd theirs;
};

/// Messages keep their bounds.
Result<Line> make_line() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail_errno("socketpair");
  }
  return Line{Fd(ends[0]), Fd(ends[1])};
}

void reset_signals() {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
}

/// Waits for that child; for orphans meanwhile, too.
int wait_for(pid_t child) {
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, 0);
    if (ended == child) return status;
    if (ended < 0 && errno != EINTR) return -1;
  }
}

std::string output_path() { return fmt::format("{}/{}", kStorage, kOutput); }

std::string end_of_output() {
  const Fd file(::open(output_path().c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return {};
  const off_t size = ::lseek(file.get(), 0, SEEK_END);
  std::string text(kMessage / 2, '\0');
  const off_t from = std::max<off_t>(0, size - static_cast<off_t>(text.size()));
  const ssize_t got = ::pread(file.get(), text.data(), text.size(), from);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

/// In the holder: one program, and how it ended, as a message.
std::string run_one(const std::string& request) {
  std::vector<char*> argv;
  std::string words = request;
  for (std::size_t at = 0; at < words.size(); at = words.find('\0', at) + 1) {
    argv.push_back(words.data() + at);
  }
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
  ::posix_spawn_file_actions_addopen(&files, 1, output_path().c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
  ::posix_spawn_file_actions_adddup2(&files, 1, 2);
  pid_t child = -1;
  const int error = ::posix_spawn(&child, argv[0], &files, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  const int status = error == 0 ? wait_for(child) : -error;
  std::string answer(reinterpret_cast<const char*>(&status), sizeof status);
  if (status != 0) answer += end_of_output();
  return answer;
}

bool enter_mounts(int mounts) {
  return ::setns(mounts, CLONE_NEWNS) == 0 && ::unshare(CLONE_NEWNS) == 0 &&
         ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0 &&
         ::chdir("/") == 0;
}

/// The first process of the namespace. Ends with the other end of its line.
[[noreturn]] void hold(const Fd& line, int mounts, const std::function<bool()>& first) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, "peer-holder");
  ::setsid();
  reset_signals();
  const bool ready = enter_mounts(mounts) && (!first || first());
  const int error = ready ? 0 : -std::max(errno, 1);
  (void)!::write(line.get(), &error, sizeof error);
  std::string request(kMessage, '\0');
  for (;;) {
    const ssize_t got = ::read(line.get(), request.data(), request.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) ::_exit(0);
    const std::string answer = run_one(request.substr(0, static_cast<std::size_t>(got)));
    (void)!::write(line.get(), answer.data(), answer.size());
  }
}

/// fork(2) into a pid namespace of its own.
pid_t fork_into_namespace() {
  return static_cast<pid_t>(
      ::syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

void wait_until_ended(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

tl::unexpected<Error> lacking(const char* what, int error) {
  return fail(ErrorKind::kLacking, fmt::format("{}: {}", what, std::strerror(error)),
              "run as root (CAP_SYS_ADMIN)");
}

}  // namespace

Result<Storage> Storage::create() {
  ::mkdir(kStorage, 0700);
  auto line = make_line();
  if (!line) return tl::unexpected(std::move(line).error());
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork");
  if (pid == 0) {
    line->ours.reset();  // so that its end is seen
    int error = 0;
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", kStorage, "tmpfs", MS_NOSUID | MS_NODEV, "mode=700,size=90%") != 0) {
      error = errno;
    }
    (void)!::write(line->theirs.get(), &error, sizeof error);
    char byte = 0;
    (void)!::read(line->theirs.get(), &byte, 1);  // until the namespace was taken
    ::_exit(0);
  }
  line->theirs.reset();
  int error = EPIPE;
  (void)!::read(line->ours.get(), &error, sizeof error);
  Fd mounts(::open(fmt::format("/proc/{}/ns/mnt", pid).c_str(), O_RDONLY | O_CLOEXEC));
  line->ours.reset();
  wait_until_ended(pid);
  if (error != 0) return lacking("cannot make a mount namespace for a peer", error);
  if (!mounts.valid()) return fail_errno("cannot open a mount namespace");
  return Storage(std::move(mounts));
}

Result<std::unique_ptr<Holder>> Holder::start(const Storage& storage,
                                              const std::function<bool()>& first) {
  auto line = make_line();
  if (!line) return tl::unexpected(std::move(line).error());
  const pid_t pid = fork_into_namespace();
  if (pid < 0) return lacking("cannot make a pid namespace for a peer", errno);
  if (pid == 0) {
    line->ours.reset();
    hold(line->theirs, storage.mounts(), first);
  }
  line->theirs.reset();
  std::unique_ptr<Holder> holder(new Holder(pid, std::move(line->ours)));
  const auto ready = holder->answer(nullptr);
  if (!ready) return tl::unexpected(ready.error());
  int error = 0;
  std::memcpy(&error, ready->data(), sizeof error);
  if (error != 0) return fail_errno("cannot make a namespace for a peer ready", -error);
  return holder;
}

Result<std::string> Holder::answer(bool (*given_up)()) {
  const auto begin = Clock::now();
  pollfd wait{line_.get(), POLLIN, 0};
  while (::poll(&wait, 1, kLookMs) <= 0) {
    if (given_up != nullptr && given_up()) return fail(ErrorKind::kRestart, "interrupted");
    if (Clock::now() - begin > kLimit) {
      return fail(ErrorKind::kRestart, fmt::format("took more than {} s", kLimit.count()));
    }
  }
  std::string message(kMessage, '\0');
  const ssize_t got = ::read(line_.get(), message.data(), message.size());
  if (got < static_cast<ssize_t>(sizeof(int))) {
    return fail(ErrorKind::kRestart, "the first process of the peer's pid namespace died");
  }
  message.resize(static_cast<std::size_t>(got));
  return message;
}

Result<Ended> Holder::run(const std::vector<std::string>& arguments, bool (*given_up)()) {
  std::string request;
  for (const std::string& argument : arguments) request += argument + '\0';
  if (::send(line_.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
    return fail_errno("cannot tell the peer's holder what to do");
  }
  auto message = answer(given_up);
  if (!message) return tl::unexpected(std::move(message).error());
  Ended ended;
  std::memcpy(&ended.status, message->data(), sizeof ended.status);
  if (ended.status < 0) return fail_errno("cannot execute " + arguments.front(), -ended.status);
  ended.output = message->substr(sizeof ended.status);
  return ended;
}

void Holder::end() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  // The kernel ends the first process of a pid namespace last.
  wait_until_ended(pid_);
  pid_ = -1;
  line_.reset();
}

}  // namespace rb::peer
