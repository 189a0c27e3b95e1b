#include "harness/process_setup.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <string_view>

#include "base/error.h"
#include "harness/exit_code.h"

namespace rb {
namespace {

void open_standard_descriptors() {
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDONLY);  // stays open across exec, as they do
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO) ::close(fd);
}

void nothing(int /*signal*/) {}

/// Only what is safe in a handler of signals.
void mapped_file_failed(int signal, siginfo_t* info, void* /*context*/) {
  if (info->si_code != BUS_ADRERR) {  // not that of a file: a defect, which may leave a core
    ::signal(signal, SIG_DFL);
    return;  // to the same instruction
  }
  constexpr std::string_view kText =
      "bench: a file that it reads, an image perhaps, was cut short, or its disk fails; leave "
      "images alone while bench uses them\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kText.data(), kText.size());
  ::_exit(kExitFailed);
}

void handle(int signal, struct sigaction action) {
  action.sa_flags |= SA_RESTART;
  RB_ASSERT(::sigaction(signal, &action, nullptr) == 0);
}

}  // namespace

void prepare_process() {
  open_standard_descriptors();
  // A handler, not an ignored disposition, which a program that is executed would keep.
  struct sigaction too_large {};
  too_large.sa_handler = nothing;
  handle(SIGXFSZ, too_large);
  struct sigaction failed {};
  failed.sa_sigaction = mapped_file_failed;
  failed.sa_flags = SA_SIGINFO;
  handle(SIGBUS, failed);
}

}  // namespace rb
