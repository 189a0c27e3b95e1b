#include "harness/vm/guest_init.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/reboot.h>
#include <poll.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iostream>
#include <optional>
#include <ostream>
#include <sstream>

#include "base/fd.h"
#include "harness/bench.h"
#include "harness/exit_code.h"
#include "harness/vm/guest_command.h"
#include "harness/vm/guest_line.h"
#include "harness/vm/guest_root.h"
#include "harness/vm/guest_setup.h"
#include "harness/vm/settle.h"

namespace rb::vm {
namespace {

/// What the boot left to be done later is done by then. Waiting costs nothing:
/// the emulated machine's clock skips it.
constexpr timespec kSettle{1, 0};

/// The line, for Streams::replace_file, which has no context.
const GuestLine* results_line = nullptr;

Status send_results(const std::string& /*path*/, const std::string& text) {
  return results_line->send(FrameType::kResults, text);
}

/// Without a line to it, the host sees the console.
[[noreturn]] void end_machine() {
  ::sync();
  ::reboot(LINUX_REBOOT_CMD_RESTART);
  for (;;) ::pause();
}

/// The program, on the frames' line in place of a terminal.
int run_command_line(const GuestConfig& config, Parts parts, const GuestLine& line) {
  FrameBuffer out_frames(line, FrameType::kOut);
  FrameBuffer err_frames(line, FrameType::kErr);
  std::ostream out(&out_frames);
  std::ostream err(&err_frames);
  results_line = &line;
  if (config.machine.counts_instructions()) {
    if (auto ready = prepare_settling(); ready) {
      parts.settle = settle;
    } else {
      err << "bench: warning: restarts will vary by some per cent: " << describe(ready.error())
          << '\n';
    }
  }
  std::vector<const char*> arguments;
  for (const std::string& argument : config.arguments) arguments.push_back(argument.c_str());
  const auto progress = [&line](const ProgressState& state) {
    (void)line.send(FrameType::kProgress, to_text(state));
  };
  const int code = run_bench(arguments, parts, {out, err, progress, send_results});
  out.flush();
  err.flush();
  return code;
}

struct Pipe {
  Fd reading;
  Fd writing;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  RB_ASSERT(::pipe2(ends.data(), O_CLOEXEC) == 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

/// The child that runs the command line, and its standard streams. Bench's own output does not
/// come this way: it is what bench says without knowing, as a failed assertion.
struct Child {
  pid_t pid = -1;
  Fd out;
  Fd err;
};

Child start_child(const GuestConfig& config, const Parts& parts, const GuestLine& line) {
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  const pid_t pid = ::fork();
  RB_ASSERT(pid >= 0);
  if (pid != 0) return {pid, std::move(out.reading), std::move(err.reading)};

  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // A session of its own, as started from a shell; no terminal is in it.
  ::setsid();
  ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  ::dup2(config.foreign ? out.writing.get() : err.writing.get(), STDOUT_FILENO);
  ::dup2(err.writing.get(), STDERR_FILENO);
  if (config.foreign) become_command(config);
  ::_exit(run_command_line(config, parts, line));
}

/// Reaps all that has ended: orphans are init's. @return the child's status
std::optional<int> reap(pid_t child) {
  std::optional<int> found;
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid == child) found = status;
  }
  return found;
}

/// One byte is the number of a signal that the host got.
void pass_signal_on(const GuestLine& console, pid_t child) {
  char signal = 0;
  if (::read(console.fd().get(), &signal, 1) == 1) ::kill(child, signal);
}

/// @return whether there was something, of which there may be more
bool forward(const Fd& from, pollfd& waited, FrameType type, const GuestLine& line) {
  if ((waited.revents & POLLIN) != 0) {
    std::array<char, 4096> text{};
    const ssize_t size = ::read(from.get(), text.data(), text.size());
    if (size > 0) (void)line.send(type, {text.data(), static_cast<std::size_t>(size)});
    return true;
  }
  if ((waited.revents & POLLHUP) != 0) waited.fd = -1;
  return false;
}

/// Until the child has ended. @return its exit code, or 128 and its signal
int attend(const Child& child, const GuestLine& line, const GuestLine& console,
           const Fd& child_ended) {
  std::array<pollfd, 4> wait = {{{child_ended.get(), POLLIN, 0},
                                 {console.fd().get(), POLLIN, 0},
                                 {child.out.get(), POLLIN, 0},
                                 {child.err.get(), POLLIN, 0}}};
  for (;;) {
    if (::poll(wait.data(), wait.size(), -1) < 0) continue;
    const bool out = forward(child.out, wait[2], FrameType::kOut, line);
    const bool err = forward(child.err, wait[3], FrameType::kErr, line);
    if (out || err) continue;  // all of it before the end
    if ((wait[1].revents & POLLIN) != 0) pass_signal_on(console, child.pid);
    if ((wait[0].revents & POLLIN) == 0) continue;
    signalfd_siginfo ignored{};
    (void)!::read(child_ended.get(), &ignored, sizeof ignored);
    const auto status = reap(child.pid);
    if (!status) continue;
    if (WIFEXITED(*status)) return WEXITSTATUS(*status);
    const int signal = WTERMSIG(*status);
    (void)line.send(FrameType::kErr, fmt::format("bench: ended by signal {} ({}) in the virtual "
                                                 "machine\n",
                                                 signal, ::strsignal(signal)));
    return kExitSignal + signal;
  }
}

Result<GuestConfig> read_config() {
  std::ifstream file(std::string("/") + kGuestConfigPath);
  std::ostringstream text;
  text << file.rdbuf();
  return parse_guest_config(std::move(text).str());
}

/// @return the exit code to send
Result<int> run(const GuestConfig& config, Parts& parts, const GuestLine& line) {
  utsname system{};
  ::uname(&system);
  RB_TRY(line.send(FrameType::kHello, system.release));
  RB_TRY(load_modules(config));
  if (!config.modules.empty()) RB_TRY(bring_up_loopback());
  if (auto loaded = load_module(); !loaded) {
    RB_TRY(line.send(FrameType::kErr, "bench: warning: " + describe(loaded.error()) + '\n'));
  }
  if (config.foreign) {
    RB_TRY(enter_host_root());
    RB_TRY(enter_directory(config.directory));
  }
  if (config.machine.counts_instructions()) RB_TRY(check_instruction_clock());
  ::nanosleep(&kSettle, nullptr);

  sigset_t child_signal;
  ::sigemptyset(&child_signal);
  ::sigaddset(&child_signal, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child_signal, nullptr);
  const Fd child_ended(::signalfd(-1, &child_signal, SFD_CLOEXEC));
  if (!child_ended.valid()) return fail_errno("signalfd");
  const auto console = GuestLine::open("/dev/ttyS0");
  if (!console) return tl::unexpected(console.error());
  parts.guest = &config.machine;
  return attend(start_child(config, parts, line), line, *console, child_ended);
}

}  // namespace

bool is_guest_init() {
  return ::getpid() == 1 && ::access((std::string("/") + kGuestConfigPath).c_str(), R_OK) == 0;
}

void guest_init(Parts parts) {
  auto config = read_config();
  Status ready = config ? set_up_guest(*config) : tl::unexpected(config.error());
  auto line = ready ? GuestLine::open("/dev/ttyS1") : tl::unexpected(ready.error());
  if (!line) {
    std::cerr << "bench: the virtual machine cannot be used: " << describe(line.error()) << '\n';
    end_machine();
  }
  auto code = run(*config, parts, *line);
  if (code && config->foreign) code = inspect_after_command(*code, *line);
  if (!code) {
    (void)line->send(FrameType::kErr, "bench: " + describe(code.error()) + '\n');
    code = exit_code_of(code.error().kind);
  }
  (void)line->send(FrameType::kExit, std::to_string(*code));
  end_machine();
}

}  // namespace rb::vm
