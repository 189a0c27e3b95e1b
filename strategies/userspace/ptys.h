// Pseudo-terminals, and the sessions that they control.
#pragma once

#include <cstdint>
#include <vector>

#include "strategies/userspace/restorer/op.h"
#include "strategies/userspace/scaffold_address.h"

namespace rb {

/// The ops that open both ends of every pseudo-terminal, on consecutive numbers from next_fd,
/// and set what it is and what is unread.
/// @param fds  by description: gets the numbers
void open_ptys(const ImageAt& at, std::uint32_t& next_fd, std::vector<std::uint32_t>& fds,
               std::vector<rst_op>& ops);

/// How many more descriptors than descriptions open_ptys() has open at some time.
[[nodiscard]] std::uint64_t extra_pty_fds(const Image& image);

/// The pty that is the controlling terminal of a session; nullptr: it has none of the image.
[[nodiscard]] const rbi_pty* terminal_of(const Image& image, __u32 sid);

/// What a leader does to its session's terminal, or a member that has given it up.
/// @param fds  by description: where each is open in the coordinator
[[nodiscard]] rst_op terminal_op(const Image& image, const rbi_pty& pty, rst_terminal what,
                                 const std::vector<std::uint32_t>& fds, rst_stage stage);

}  // namespace rb
