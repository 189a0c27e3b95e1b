// What a capture finds of memory, and of open files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "harness/verify/proc_parse.h"
#include "image/format.h"

namespace rb::capture {

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
  std::uint32_t flags = 0;  ///< RBI_MM_NO_HUGE_PAGES, RBI_MM_LOCK_*
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

/// A pseudo-terminal.
struct FoundPty {
  rbi_pty record{};  ///< without what is unread
  Fd master;         ///< the very description; not valid if it is closed
  std::string who;   ///< for messages
  bool has_slave = false;
  std::vector<std::byte> input;  ///< as format.h says
  std::vector<std::byte> output;
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
  std::optional<std::uint32_t> object;  ///< pipe, socket, event or pty, as the kind says
};

/// What an inotify instance watches.
struct FoundWatch {
  std::uint32_t inotify = 0;  ///< description
  std::uint32_t number = 0;
  std::uint32_t mask = 0;
  std::string path;
};

}  // namespace rb::capture
