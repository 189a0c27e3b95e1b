// Checks of open file descriptions that are neither files by path nor pipes.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "harness/verify/inspection.h"

namespace rb {

/// A description, as a task has it.
struct OpenDescription {
  std::uint32_t ofd;
  std::uint32_t task;
  std::uint32_t number;  ///< the fd there
  int copy;              ///< our own descriptor of it
  std::string link;      ///< target of /proc/PID/fd/NUMBER
  std::string info;      ///< text of /proc/PID/fdinfo/NUMBER
};

/// Sockets, event sources, what epoll and inotify watch, files without a name:
/// adds what differs.
[[nodiscard]] Status check_special(Inspection& inspection, const OpenDescription& open);

/// Either end of a pseudo-terminal. What is unread is counted, not read; a terminal that
/// reads by lines tells only whether there is one.
void check_pty(Inspection& inspection, const OpenDescription& open);

/// The controlling terminal of a process as proc_pid_stat(5) has it, tty_nr; 0 = none.
[[nodiscard]] std::uint64_t terminal_number(const Image& image, const rbi_group& group);

/// Locks of flock(2) and fcntl(2), and who is told of events: of any kind.
/// @param open  copy and info are used
void check_locks_and_owner(Inspection& inspection, const OpenDescription& open);

/// Credentials, limits, oom_score_adj of tasks; zombies.
[[nodiscard]] Status check_attributes(Inspection& inspection);

}  // namespace rb
