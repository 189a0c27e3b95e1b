// eventfd, timerfd, signalfd and epoll: what /proc/PID/fdinfo says of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "image/format.h"

namespace rb::capture {

/// A record of an image and of which kind it is.
struct FoundEvent {
  rbi_ofd_kind kind = RBI_OFD_EVENTFD;
  rbi_event record{};
};

/// @param link  of the descriptor, "anon_inode:[eventfd]"
/// @return nothing for a link to another kind, or a text that is not understood
[[nodiscard]] std::optional<FoundEvent> parse_event(std::string_view link, std::string_view fdinfo);

/// What an epoll instance watches, by the numbers that the descriptors had.
struct EpollWatch {
  std::uint32_t fd = 0;
  std::uint32_t events = 0;
  std::uint64_t data = 0;
  std::uint64_t inode = 0;  ///< of what is watched
};
[[nodiscard]] std::vector<EpollWatch> parse_epoll(std::string_view fdinfo);

}  // namespace rb::capture
