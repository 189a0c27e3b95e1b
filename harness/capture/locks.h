// Locks of files, as /proc/PID/fdinfo shows them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace rb::capture {

enum class LockKind {
  kPosix,        ///< fcntl(2), F_SETLK: of a files table
  kDescription,  ///< F_OFD_SETLK: of an open file description
  kFlock,        ///< flock(2): the same
  kOther,        ///< a lease, or of a kind not known here
};

struct FileLock {
  LockKind kind = LockKind::kOther;
  bool exclusive = false;
  std::int32_t pid = 0;  ///< whom F_GETLK names
  std::uint64_t start = 0;
  std::uint64_t length = 0;  ///< 0 = to the end

  friend bool operator==(const FileLock&, const FileLock&) = default;
};

[[nodiscard]] std::vector<FileLock> parse_locks(std::string_view fdinfo);

}  // namespace rb::capture
