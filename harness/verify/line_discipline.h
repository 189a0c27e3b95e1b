// What the kernel's terminals do with input, drivers/tty/n_tty.c.
#pragma once

#include <asm/termbits.h>
#include <poll.h>

#include <cstddef>
#include <cstdint>

namespace rb {

/// N_TTY_BUF_SIZE - 1: bytes that a line discipline holds. More waits in front of it: it is not
/// seen by FIONREAD, and not yet what the terminal's settings make of it.
inline constexpr std::size_t kDisciplineRoom = 4095;

/// Whether a terminal with these settings reads by lines: ICANON, unless EXTPROC.
[[nodiscard]] constexpr bool reads_lines(std::uint32_t local_flags) {
  return (local_flags & ICANON) != 0 && (local_flags & EXTPROC) == 0;
}

/// Whether poll(2) reports any of the events within so many milliseconds. It waits for what is on
/// its way between the two ends of a pseudo-terminal.
inline bool is_ready(int fd, short events, int timeout = 0) {
  pollfd state = {fd, events, 0};
  return ::poll(&state, 1, timeout) == 1 && (state.revents & events) != 0;
}

}  // namespace rb
