// What a capture finds of tasks.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/capture/registers.h"
#include "harness/verify/proc_parse.h"
#include "image/format.h"

namespace rb::capture {

/// A task; ids and addresses as the kernel tells them.
struct FoundTask {
  pid_t tid = 0;
  std::size_t process = 0;  ///< index
  std::string name;         ///< comm
  std::string who;          ///< for messages: "pid 12 (nginx)", "thread 13 of pid 12 (nginx)"
  CpuState cpu;
  std::uint64_t blocked = 0;
  std::vector<rbi_siginfo> pending;
  std::uint64_t robust_list = 0;
  std::uint64_t rseq = 0;
  std::uint32_t rseq_length = 0;
  std::uint32_t rseq_signature = 0;
  // Objects, by number: tasks with the same one share it.
  std::uint32_t mm = 0, files = 0, fs = 0, sighand = 0;
  // What only the task itself can say.
  std::uint64_t clear_child_tid = 0;
  std::uint64_t altstack = 0;
  std::uint64_t altstack_size = 0;
  std::uint32_t altstack_flags = 0;
  std::optional<std::size_t> credentials;  ///< of its own, if they are not bench's
};

struct FoundProcess {
  pid_t pid = 0;
  std::optional<std::size_t> parent;
  std::size_t first_task = 0;  ///< its leader; the others follow
  std::size_t task_count = 0;
  ProcStat stat;
  ProcStatus status;
  std::vector<rbi_siginfo> pending;  ///< of the group
  std::array<rbi_itimer, 3> itimers{};
  std::vector<rbi_limit> limits;  ///< those that differ from bench's
  std::vector<rbi_timer> timers;  ///< POSIX
  bool subreaper = false;
  bool has_terminal = false;     ///< a pty of the tree is its controlling terminal
  std::optional<int> oom_score;  ///< if it differs from bench's
};

/// Credentials that differ from bench's.
struct FoundCredentials {
  rbi_credentials record{};
  std::vector<std::uint32_t> gids;  ///< ascending
};

/// A process that nobody has waited for yet.
struct FoundZombie {
  pid_t pid = 0;
  std::size_t parent = 0;  ///< process
  ProcStat stat;
};

}  // namespace rb::capture
