// What a capture finds in a frozen tree, before it becomes an image.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"
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
  std::optional<int> oom_score;  ///< if it differs from bench's
};

/// Credentials that differ from bench's.
struct FoundCredentials {
  rbi_credentials record{};
  std::vector<std::uint32_t> gids;  ///< ascending
};

/// Pages of private memory with contents of their own, or of shared memory.
struct PageRange {
  std::uint64_t address = 0;
  std::uint64_t pages = 0;
};

/// A file whose contents the image has: a memfd, or one without a name any more.
struct FoundFile {
  bool memfd = false;
  std::string path;  ///< that it had, or the memfd's name
  std::string link;  ///< of a descriptor or mapping, to open it by
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;  ///< bytes
  std::uint32_t mode = 0;
  std::uint32_t seals = 0;
};

struct FoundMm {
  std::size_t task = 0;  ///< one that uses it
  std::vector<ProcMapping> mappings;
  std::vector<std::uint32_t> kept_files;         ///< by mapping: which it is of, or RBI_NONE
  std::vector<std::vector<PageRange>> contents;  ///< by mapping
  std::vector<rbi_auxv> auxv;
  std::string exe;
  std::uint64_t brk = 0;
  bool dumpable = true;
};

/// A descriptor and its open file description.
struct FoundFd {
  std::uint32_t number = 0;
  std::uint32_t description = 0;
  bool close_on_exec = false;
};

/// A pipe, or what is in a FIFO.
struct FoundPipe {
  std::uint64_t inode = 0;
  std::string link;  ///< what /proc calls it
  std::uint32_t capacity = 0;
  std::vector<std::byte> data;
};

struct FoundSocket {
  rbi_socket record{};
  std::string who;   ///< for messages
  std::string path;  ///< or abstract name
  std::uint64_t inode = 0;
  std::uint64_t peer_inode = 0;
  std::vector<std::byte> unread;  ///< of a stream
};

struct FoundDescription {
  rbi_ofd_kind kind = RBI_OFD_FILE;
  std::string path;
  std::uint32_t flags = 0;
  std::uint64_t offset = 0;
  std::uint32_t flock = RBI_FLOCK_NONE;
  std::int32_t owner = 0;               ///< pid or -pgid: F_SETOWN
  std::uint32_t signal = 0;             ///< F_SETSIG
  std::optional<std::uint32_t> object;  ///< pipe, socket or event, as the kind says
};

/// What an inotify instance watches.
struct FoundWatch {
  std::uint32_t inotify = 0;  ///< description
  std::uint32_t number = 0;
  std::uint32_t mask = 0;
  std::string path;
};

struct FoundFs {
  std::string cwd;
  std::string root;
  std::uint32_t umask = 0;
};

/// A process that nobody has waited for yet.
struct FoundZombie {
  pid_t pid = 0;
  std::size_t parent = 0;  ///< process
  ProcStat stat;
};

struct FoundTree {
  std::vector<FoundProcess> processes;  ///< parents first
  std::vector<FoundTask> tasks;         ///< process by process
  std::vector<FoundZombie> zombies;
  std::vector<FoundCredentials> credentials;
  std::vector<FoundMm> mms;
  std::vector<FoundFile> kept_files;
  std::vector<std::vector<FoundFd>> files;
  std::vector<FoundDescription> descriptions;
  std::vector<FoundPipe> pipes;
  std::vector<FoundSocket> sockets;
  std::vector<rbi_event> events;
  std::vector<rbi_epoll_item> epoll_items;
  std::vector<FoundWatch> watches;  ///< ascending
  std::vector<rbi_lock> locks;
  std::vector<FoundFs> fs;
  std::vector<std::vector<rbi_action>> sighands;

  /// The first task that uses each object of a class.
  [[nodiscard]] std::vector<std::size_t> users(std::uint32_t FoundTask::*object,
                                               std::size_t count) const;
  /// "/proc/TGID/task/TID"
  [[nodiscard]] std::string directory(const FoundTask& task) const;
};

}  // namespace rb::capture
