#include "harness/vm/guest_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

#include "harness/exit_code.h"
#include "harness/vm/kernel_log.h"

namespace rb::vm {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

void end_all_others() {
  ::kill(-1, SIGKILL);
  while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
  }
}

}  // namespace

void become_command(const GuestConfig& config) {
  std::vector<std::string> arguments = config.arguments;
  std::vector<std::string> environment = config.environment;
  ::clearenv();
  for (std::string& variable : environment) ::putenv(variable.data());
  const std::vector<char*> argv = pointers(arguments);
  ::execvp(argv[0], argv.data());
  const int error = errno;
  ::dprintf(STDERR_FILENO, "bench: cannot run %s in the virtual machine: %s\n", argv[0],
            std::strerror(error));
  ::_exit(error == ENOENT ? 127 : 126);
}

int inspect_after_command(int code, const GuestLine& line) {
  end_all_others();
  std::string wrong;
  // Somebody who still has the device open, or a tree that is not gone, keeps it.
  if (::syscall(SYS_delete_module, "restart", O_NONBLOCK) != 0 && errno != ENOENT) {
    wrong = fmt::format("restart.ko does not unload: {}", std::strerror(errno));
  }
  if (const std::string complaints = complaints_in(read_kernel_log()); !complaints.empty()) {
    wrong = "the virtual machine's kernel complained:\n" + complaints;
  }
  if (wrong.empty()) return code;
  (void)line.send(FrameType::kErr, "bench: " + wrong + '\n');
  return kExitFailed;
}

}  // namespace rb::vm
