// Reads a pseudo-terminal and puts back what it read.
#pragma once

#include <asm/termbits.h>

#include <cstddef>
#include <cstdint>

#include "harness/verify/line_discipline.h"
#include "image/format.h"

namespace rb::capture {

/// What PtyReader finds, in memory that it shares with whoever started it.
struct PtyUnread {
  static constexpr std::size_t kMostInput = 4 * kDisciplineRoom;
  static constexpr std::size_t kMostOutput = 1u << 16;

  int error = 0;          ///< errno; 0 = all was read and put back
  bool stopped = false;   ///< the slave's output is
  std::size_t raw = 0;    ///< bytes of the input as read
  std::size_t input = 0;  ///< as struct rbi_pty has it
  std::size_t output = 0;
  std::byte input_bytes[kMostInput];
  std::byte output_bytes[kMostOutput];
};

/// Settings by which input passes a terminal unchanged: no conversions, echo or signals.
/// @param settings  the terminal's own  @param lines  whether it reads by lines
[[nodiscard]] termios2 staging_settings(const termios2& settings, bool lines);

/// Makes system calls only, so that it can run in a child of fork(2) of any process.
/// @param master  the very description
/// @param slave   one of its own, O_NONBLOCK
/// @param settings  the terminal's
/// @param packet  whether it is in packet mode, in which no message is unread
/// @param unread  zeroed; gets what is unread
void read_pty(int master, int slave, const termios2& settings, bool packet, PtyUnread& unread);

}  // namespace rb::capture
