// What only sock_diag(7) tells of Unix sockets.
#pragma once

#include <cstdint>

#include "base/error.h"

namespace rb::capture {

struct UnixSocket {
  std::uint64_t peer = 0;     ///< inode; 0 = none
  std::uint32_t backlog = 0;  ///< of a listening one, as listen(2) was given it
  std::uint32_t waiting = 0;  ///< connections not accepted yet
  std::uint8_t shutdown = 0;  ///< 1 = reading, 2 = writing: shutdown(2)
};

/// Errors: kUnsupported where the kernel has no sock_diag for Unix sockets.
[[nodiscard]] Result<UnixSocket> ask_unix_socket(std::uint64_t inode);

}  // namespace rb::capture
