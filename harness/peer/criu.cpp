#include "harness/peer/criu.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "base/fd.h"

namespace rb::peer {
namespace {

struct Printed {
  int status = -1;
  std::string text;  ///< stderr included
};

/// Without a shell: in a virtual machine there may be none.
Printed run(const std::string& program, const char* argument) {
  Printed printed;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return printed;
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, writing.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, writing.get(), STDERR_FILENO);
  std::string name = program;
  std::string word = argument;
  const std::array<char*, 3> argv = {name.data(), word.data(), nullptr};
  pid_t child = -1;
  const int error = ::posix_spawn(&child, argv[0], &files, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (error != 0) return printed;
  writing.reset();
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t got = ::read(reading.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    printed.text.append(piece.data(), static_cast<std::size_t>(got));
  }
  while (::waitpid(child, &printed.status, 0) < 0 && errno == EINTR) {
  }
  return printed;
}

/// That a step went wrong, which says nothing of why.
bool is_generic(std::string_view line) {
  for (const char* words : {"Dumping FAILED", "Restoring FAILED",
                            "exited, status=", "Could not initialize kernel features",
                            "failed when initializing kerndat"}) {
    if (line.find(words) != std::string_view::npos) return true;
  }
  return false;
}

/// "(00.012) Error (criu/files.c:1): no" as "no".
std::string_view without_place(std::string_view line) {
  constexpr std::string_view kError = "Error (";
  const auto begin = line.find(kError);
  const auto end = line.find("): ", begin);
  return end == std::string_view::npos ? line : line.substr(end + 3);
}

}  // namespace

Result<std::string> find_criu() {
  const char* const path = std::getenv("PATH");
  return find_criu_in(std::string(path == nullptr ? "" : path) +
                      ":/usr/local/sbin:/usr/sbin:/sbin");
}

Result<std::string> find_criu_in(std::string_view directories) {
  for (std::string_view rest = directories; !rest.empty();) {
    const auto colon = rest.find(':');
    const std::string candidate = std::string(rest.substr(0, colon)) + "/criu";
    if (candidate.front() == '/' && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
  }
  return fail(ErrorKind::kLacking, "there is no criu for --peer criu",
              "install criu: apt-get install criu");
}

Status check_criu(const std::string& criu) {
  if (::geteuid() != 0) return fail(ErrorKind::kLacking, "--peer criu needs root");
  const Printed checked = run(criu, "check");
  if (checked.status == 0) return {};
  utsname system{};
  ::uname(&system);
  return fail(ErrorKind::kLacking,
              fmt::format("criu {} does not work on this kernel, {}: {}", criu_version(criu),
                          system.release, reason_in(checked.text)),
              "criu check says more; in a virtual machine (--vm) it runs on Debian's kernel");
}

std::string criu_version(const std::string& criu) {
  const Printed printed = run(criu, "--version");
  constexpr std::string_view kBefore = "Version: ";
  const auto begin = printed.text.find(kBefore);
  if (begin == std::string::npos) return {};
  const std::string rest = printed.text.substr(begin + kBefore.size());
  return rest.substr(0, rest.find('\n'));
}

// --shell-job: the root of a tree need not lead its session.
std::vector<std::string> dump_command(const std::string& criu, unsigned pid,
                                      const std::string& directory) {
  return {criu,           "dump",    "--tree",      std::to_string(pid),
          "--images-dir", directory, "--shell-job", "--file-locks"};
}

std::vector<std::string> restore_command(const std::string& criu, const std::string& directory) {
  return {criu,          "restore",      "--images-dir",      directory,
          "--shell-job", "--file-locks", "--restore-detached"};
}

std::string reason_in(std::string_view output) {
  std::string_view reason;
  std::string_view last;
  for (std::string_view rest = output; !rest.empty();) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    if (!line.empty()) last = line;
    if (line.find("Error (") != std::string_view::npos && !is_generic(line)) reason = line;
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
  }
  if (reason.empty()) reason = last;
  return reason.empty() ? "it said nothing" : std::string(without_place(reason));
}

}  // namespace rb::peer
