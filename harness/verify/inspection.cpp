#include "harness/verify/inspection.h"

#include <csignal>
#include <cstring>

namespace rb {

std::string Inspection::name(std::uint32_t task) const {
  return fmt::format("task {} (pid {}, {})", task, pid(task), image.tasks()[task].name);
}

std::string Inspection::directory(std::uint32_t task) const {
  return fmt::format("/proc/{}/task/{}", leader_pid(task), pid(task));
}

std::vector<std::uint32_t> Inspection::representatives(__u32 rbi_task::*object,
                                                       std::size_t objects) const {
  std::vector<std::uint32_t> first(objects, RBI_NONE);
  for (std::uint32_t task = 0; task < image.tasks().size(); ++task) {
    std::uint32_t& entry = first[image.tasks()[task].*object];
    if (entry == RBI_NONE && present[task]) entry = task;
  }
  return first;
}

Status Inspection::unreadable(std::uint32_t task, std::string_view what, int error) {
  if (error == ENOENT || error == ESRCH) {
    findings.add("{}: vanished while its {} was read", name(task), what);
    return {};
  }
  const bool privilege = error == EPERM || error == EACCES;
  return fail(privilege ? ErrorKind::kLacking : ErrorKind::kSystem,
              fmt::format("cannot read {} of {}: {}", what, name(task), std::strerror(error)),
              privilege ? "run as root (CAP_SYS_ADMIN and CAP_SYS_PTRACE)" : "");
}

std::string signal_names(std::uint64_t set) {
  std::string names;
  for (int number = 1; number <= RBI_NR_SIGNALS; ++number) {
    if ((set >> (number - 1) & 1) == 0) continue;
    if (!names.empty()) names += ' ';
    const char* abbreviation = ::sigabbrev_np(number);
    names += abbreviation != nullptr ? fmt::format("SIG{}", abbreviation)
                                     : fmt::format("signal {}", number);
  }
  return names.empty() ? "none" : names;
}

}  // namespace rb
