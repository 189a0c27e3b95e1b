#include "harness/program_images.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string_view>
#include <utility>

#include "base/fd.h"
#include "harness/capture/capture.h"
#include "harness/cleanup_process.h"
#include "harness/interrupt.h"

namespace rb {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{60};

/// A command that runs in a session of its own; killed with this, unless it has ended.
class RunningProgram {
 public:
  static Result<RunningProgram> start(const std::string& command, const std::string& output,
                                      const CleanupProcess& cleanup) {
    const pid_t pid = ::fork();
    if (pid < 0) return fail_errno("cannot fork for " + command);
    if (pid == 0) {
      ::setsid();
      cleanup.add(::getpid());
      run(command, output);
    }
    return RunningProgram(pid, cleanup);
  }
  RunningProgram(RunningProgram&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), cleanup_(other.cleanup_) {}
  RunningProgram& operator=(RunningProgram&&) = delete;
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;
  ~RunningProgram() {
    if (pid_ < 0) return;
    ::kill(-pid_, SIGKILL);
    cleanup_.forget(pid_);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool ended() {
    if (pid_ >= 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
    return pid_ < 0;
  }

 private:
  RunningProgram(pid_t pid, const CleanupProcess& cleanup) : pid_(pid), cleanup_(cleanup) {}

  /// In the child. Nothing of bench's may be left: the image would have it.
  [[noreturn]] static void run(const std::string& command, const std::string& output) {
    const int in = ::open("/dev/null", O_RDONLY);
    const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (in < 0 || out < 0 || ::dup2(in, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(out, 2) < 0) {
      ::_exit(126);
    }
    ::close_range(3, ~0u, 0);
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }

  pid_t pid_;
  const CleanupProcess& cleanup_;
};

bool accepts_connections(std::uint16_t port) {
  const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return fd.valid() &&
         ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool has_printed(const std::string& output, const std::regex& expression) {
  std::ifstream file(output);
  for (std::string line; std::getline(file, line);) {
    if (std::regex_search(line, expression)) return true;
  }
  return false;
}

std::string printed(const std::string& output) {
  std::ifstream file(output);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  constexpr std::size_t kMost = 500;
  if (text.size() > kMost) text = text.substr(text.size() - kMost);
  return text.empty() ? "it printed nothing" : "it printed: " + text;
}

Status wait_ready(RunningProgram& program, const Readiness& ready, const std::string& command,
                  const std::string& output) {
  std::regex expression;
  if (ready.kind == Readiness::Kind::kLine) {
    try {
      expression = std::regex(ready.text);
    } catch (const std::regex_error&) {
      return fail(ErrorKind::kUsage,
                  fmt::format("--ready line:'{}' is no regular expression", ready.text));
    }
  }
  const auto begin = Clock::now();
  const auto limit = kPatience + std::chrono::duration<double>(
                                     ready.kind == Readiness::Kind::kTime ? ready.seconds : 0);
  for (;;) {
    const std::chrono::duration<double> passed = Clock::now() - begin;
    bool is_ready = false;
    switch (ready.kind) {
      case Readiness::Kind::kTime:
        is_ready = passed.count() >= ready.seconds;
        break;
      case Readiness::Kind::kPort:
        is_ready = accepts_connections(ready.port);
        break;
      case Readiness::Kind::kFile:
        is_ready = ::access(ready.text.c_str(), F_OK) == 0;
        break;
      case Readiness::Kind::kLine:
        is_ready = has_printed(output, expression);
        break;
    }
    if (program.ended()) {
      return fail(ErrorKind::kUnsupported,
                  fmt::format("the program '{}' ended before it could be captured; {}", command,
                              printed(output)),
                  "run it in the foreground, not as a daemon");
    }
    if (is_ready) return {};
    if (interrupted_by() != 0) return fail(ErrorKind::kRestart, "interrupted");
    if (passed > limit) {
      return fail(ErrorKind::kUnsupported,
                  fmt::format("the program '{}' is not ready after {} s; {}", command,
                              kPatience.count(), printed(output)),
                  "see --ready");
    }
    const timespec pause{0, 10'000'000};
    ::nanosleep(&pause, nullptr);
  }
}

/// "redis-server" of "exec /usr/bin/redis-server --port 7000".
std::string short_name(const std::string& command) {
  constexpr std::string_view kExec = "exec ";
  const std::string rest = command.starts_with(kExec) ? command.substr(kExec.size()) : command;
  const std::string first = rest.substr(0, rest.find(' '));
  return first.substr(first.rfind('/') + 1);
}

}  // namespace

Result<ProgramImages> ProgramImages::capture(RunOptions& options, const Parts& parts,
                                             std::ostream& err) {
  ProgramImages images;
  if (options.programs.empty()) return images;
  std::string name = std::filesystem::temp_directory_path() / "bench-programs-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) return fail_errno("cannot make a directory " + name);
  auto cleanup = CleanupProcess::start(name);
  if (!cleanup) {
    ::rmdir(name.c_str());
    return tl::unexpected(std::move(cleanup).error());
  }
  images.cleanup_.emplace(std::move(*cleanup));
  for (std::size_t i = 0; i < options.programs.size(); ++i) {
    const std::string& command = options.programs[i];
    const std::string output = fmt::format("{}/{}.out", name, i);
    const std::string image = fmt::format("{}/{}.img", name, i);
    auto program = RunningProgram::start(command, output, *images.cleanup_);
    if (!program) return tl::unexpected(program.error());
    RB_TRY(wait_ready(*program, options.ready, command, output));
    const auto captured = parts.capture({program->pid(), image, false, nullptr});
    if (!captured) return tl::unexpected(captured.error());
    err << fmt::format("bench: captured '{}': {} tasks, frozen for {:.1f} ms\n", command,
                       captured->tasks, static_cast<double>(captured->frozen_ns) * 1e-6);
    options.images.push_back(image);
    options.image_names.emplace_back(image, "program:" + short_name(command));
  }
  return images;
}

}  // namespace rb
