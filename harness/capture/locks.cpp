#include "harness/capture/locks.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace rb::capture {

std::vector<FileLock> parse_locks(std::string_view fdinfo) {
  std::vector<FileLock> locks;
  while (!fdinfo.empty()) {
    const auto end = fdinfo.find('\n');
    const std::string line(fdinfo.substr(0, end));
    fdinfo.remove_prefix(end == std::string_view::npos ? fdinfo.size() : end + 1);
    if (!line.starts_with("lock:")) continue;
    char kind[16] = {};
    char type[16] = {};
    char last[32] = {};
    unsigned long long first = 0;
    FileLock lock;
    // "lock:  1: POSIX  ADVISORY  WRITE 12 08:01:34 0 EOF", lock_get_status() in fs/locks.c
    if (std::sscanf(line.c_str(), "lock: %*d: %15s %*s %15s %d %*s %llu %31s", kind, type,
                    &lock.pid, &first, last) == 5) {
      const std::string name = kind;
      lock.kind = name == "POSIX"    ? LockKind::kPosix
                  : name == "OFDLCK" ? LockKind::kDescription
                  : name == "FLOCK"  ? LockKind::kFlock
                                     : LockKind::kOther;
      lock.exclusive = std::string(type) == "WRITE";
      lock.start = first;
      lock.length = std::string(last) == "EOF" ? 0 : std::strtoull(last, nullptr, 10) - first + 1;
    }
    locks.push_back(lock);
  }
  return locks;
}

}  // namespace rb::capture
