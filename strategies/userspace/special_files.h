// Open file descriptions that the coordinator makes for all tables: sockets, event
// sources, FIFOs, files without a name; and what is done to those that are open.
#pragma once

#include <cstdint>
#include <vector>

#include "strategies/userspace/restorer/op.h"
#include "strategies/userspace/scaffold_address.h"

namespace rb {

/// Whether any description of the image needs what follows; most images have none.
[[nodiscard]] bool has_special_files(const Image& image);

/// Whether a description is opened by other calls than open(2), pipe2(2), or
/// socket(2) for one that is nobody's peer.
[[nodiscard]] bool is_special(const Image& image, const rbi_ofd& ofd);

/// By description: it must be open in the coordinator, as it is special, watched
/// by an epoll instance, locked, or somebody is told of its events. Both ends of a
/// pipe if one is.
[[nodiscard]] std::vector<char> held_by_coordinator(const Image& image);

/// How many more descriptors than descriptions special_ops() leaves open.
[[nodiscard]] std::uint64_t extra_special_fds(const Image& image);

/// The ops that open every special description on consecutive numbers from next_fd.
/// @param backing_fds  by backing: where a memfd or deleted file is open
/// @param fds  by description: gets the numbers
void open_special(const ImageAt& at, const std::vector<std::uint32_t>& backing_fds,
                  std::uint32_t& next_fd, std::vector<std::uint32_t>& fds,
                  std::vector<rst_op>& ops);

/// What follows once all are open: locks held by descriptions, and what is watched.
void settle_special(const ImageAt& at, const std::vector<std::uint32_t>& fds,
                    std::vector<rst_op>& ops);

/// Who is told of events, which takes that all tasks exist.
[[nodiscard]] std::vector<rst_op> owner_ops(const Image& image,
                                            const std::vector<std::uint32_t>& fds);

/// The op that makes the memory or file that a backing stands for, on fd.
[[nodiscard]] rst_op make_backing(const ImageAt& at, const rbi_backing& backing, std::uint32_t fd);

}  // namespace rb
