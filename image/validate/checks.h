// The parts of the validator, in the order in which they run. Each relies on
// those before it and on nothing else.
#pragma once

#include <cstddef>
#include <span>

#include "base/error.h"
#include "image/image.h"
#include "image/validate/view.h"

namespace rb::validation {

/// Header, section table, padding, checksums. After it a View may be built.
[[nodiscard]] Status check_layout(std::span<const std::byte> bytes, CheckContents contents);

/// The strings section as a whole: ends with NUL, no string above PATH_MAX.
[[nodiscard]] Status check_strings(const View& view);

/// Every first/count pair: the ranges of all owners tile their section.
[[nodiscard]] Status check_all_ranges(const View& view);

/// Tasks and groups, their indices and values, each for itself.
[[nodiscard]] Status check_tasks(const View& view);
[[nodiscard]] Status check_groups(const View& view);

/// Thread groups, sharing, and that every object is used.
[[nodiscard]] Status check_tree(const View& view);

/// Sessions and process groups: setsid(2), setpgid(2).
[[nodiscard]] Status check_sessions(const View& view);

/// Backings, address spaces and their VMAs, layout and auxiliary vector.
[[nodiscard]] Status check_memory(const View& view);
[[nodiscard]] Status check_mm_layouts(const View& view);

/// Page runs of address spaces and backings.
[[nodiscard]] Status check_runs(const View& view);

/// File descriptors, open file descriptions, whom they tell of events, pipes.
[[nodiscard]] Status check_fds(const View& view);
[[nodiscard]] Status check_ofds(const View& view);
[[nodiscard]] Status check_backings_used(const View& view);
[[nodiscard]] Status check_owners(const View& view);
[[nodiscard]] Status check_pipes(const View& view);

/// Pseudo-terminals, and whose controlling terminals they are.
[[nodiscard]] Status check_ptys(const View& view);

/// Sockets and what is unread in them.
[[nodiscard]] Status check_sockets(const View& view);

/// The event that a description of that kind, which check_ofds() found, refers to.
[[nodiscard]] Status check_event(const View& view, std::size_t i, __u32 ofd_kind);

/// What epoll and inotify instances watch.
[[nodiscard]] Status check_watching(const View& view);

/// Locks of ranges of files.
[[nodiscard]] Status check_locks(const View& view);

/// Credentials of tasks, limits and POSIX timers of groups, zombies.
[[nodiscard]] Status check_credentials(const View& view);
[[nodiscard]] Status check_timers(const View& view);
[[nodiscard]] Status check_zombies(const View& view);

/// Signal actions and queued signals.
[[nodiscard]] Status check_signals(const View& view);

/// General registers and XSAVE areas.
[[nodiscard]] Status check_registers(const View& view);

/// fs_structs and fixtures.
[[nodiscard]] Status check_paths(const View& view);

}  // namespace rb::validation
