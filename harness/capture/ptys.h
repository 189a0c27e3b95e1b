// Pseudo-terminals of a frozen tree, pty(7): their settings and sessions.
#pragma once

#include <sys/sysmacros.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "harness/capture/found.h"
#include "harness/capture/refusals.h"

namespace rb::capture {

inline constexpr unsigned kTtyMajor = 5;  // /dev/tty, /dev/ptmx
[[nodiscard]] inline bool is_multiplexer(dev_t device) { return device == makedev(kTtyMajor, 2); }
[[nodiscard]] constexpr bool is_pty_major(unsigned major) { return major >= 136 && major <= 143; }

/// Reads what a master tells of its terminal; nothing is changed.
/// @param link  what /proc calls it
/// @param pty  has the master
[[nodiscard]] Status read_master(const std::string& link, FoundPty& pty, Refusals& refusals);

/// The pty whose slave a terminal is, once all masters are known: one of the tree's, or one
/// whose master is closed, which is added. None for a terminal of somebody else.
/// @param fd  the very description  @param link  what /proc calls it
[[nodiscard]] std::optional<std::uint32_t> slave_of(FoundTree& found, int fd,
                                                    const std::string& link, const std::string& who,
                                                    Refusals& refusals);

/// "/dev/pts/N"
[[nodiscard]] std::string slave_path(const FoundPty& pty);

/// Controlling terminals of sessions, and who else has one of the ptys open. Refuses
/// sessions whose terminal is not of the tree, and the other way round.
[[nodiscard]] Status finish_ptys(FoundTree& found, Refusals& refusals);

}  // namespace rb::capture
