// inotify: what /proc/PID/fdinfo says of an instance, and what it watches.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "harness/verify/proc_files.h"

namespace rb::capture {

struct InotifyWatch {
  std::uint32_t number = 0;
  std::uint32_t mask = 0;
  std::uint64_t device = 0;  ///< as the kernel numbers it: major << 20 | minor
  std::uint64_t inode = 0;
  std::uint32_t handle_type = 0;     ///< of a struct file_handle, open_by_handle_at(2)
  std::vector<std::uint8_t> handle;  ///< empty: the file system has none
};

/// @return nothing where a line is not understood
[[nodiscard]] std::optional<std::vector<InotifyWatch>> parse_inotify(std::string_view fdinfo);

/// A path by which what is watched can be found again, through its handle and any mount of its
/// file system. @return ENOENT where it has none
[[nodiscard]] OrErrno<std::string> path_of(const InotifyWatch& watch);

}  // namespace rb::capture
