// Sockets: what they are bound to, who their peer is, what is unread in them.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "harness/capture/found.h"
#include "harness/capture/refusals.h"

namespace rb::capture {

/// Reads a socket through a descriptor of bench's own that refers to it; nothing is taken out
/// of it. Refuses connections over TCP, and what else an image has no place for.
/// @param who  names it in refusals
[[nodiscard]] Status read_socket(int fd, std::uint64_t inode, const std::string& who,
                                 FoundSocket& socket, Refusals& refusals);

/// Finds the other ends of Unix sockets among those of the tree. Refuses connections that
/// lead out of it.
void connect_pairs(FoundTree& found, Refusals& refusals);

}  // namespace rb::capture
