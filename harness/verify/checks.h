// The checks of a verification, in the order in which they must run.
//
// Each adds a sentence for every difference; the returned error is one of the
// verifier itself. All but check_tasks() skip tasks that are not there.
#pragma once

#include "base/error.h"
#include "harness/verify/areas.h"
#include "harness/verify/inspection.h"

namespace rb {

/// Exactly the image's tasks exist; parents, threads, sessions, process
/// groups, exit signals, names. Reads every task's status for later checks.
[[nodiscard]] Status check_tasks(Inspection& inspection);

/// Reads every task's status again: after a wait, what is known of them is old.
[[nodiscard]] Status refresh_statuses(Inspection& inspection);

/// kcmp(2) classes of mm, files, fs, sighand: O(tasks log objects).
[[nodiscard]] Status check_sharing(Inspection& inspection);

/// Descriptors: numbers, FD_CLOEXEC, offsets, status flags, targets, and the
/// kcmp(2) classes of open file descriptions: O(fds log descriptions).
[[nodiscard]] Status check_descriptors(Inspection& inspection);

/// An end of a pipe: which task has it under which fd.
struct PipeEnd {
  std::uint32_t pipe;
  std::uint32_t task;
  std::uint32_t fd;
};
/// Capacities and unread bytes, without consuming them.
[[nodiscard]] Status check_pipes(Inspection& inspection, const std::vector<PipeEnd>& ends);

/// Current directory, root directory, umask.
[[nodiscard]] Status check_filesystem(Inspection& inspection);

/// Address spaces: VMAs, exe, auxiliary vector, code, data, stack, argument
/// addresses. @param spaces  by mm: what was found, for check_memory()
[[nodiscard]] Status check_maps(Inspection& inspection,
                                std::vector<std::vector<ProcMapping>>& spaces);

/// Contents of memory, private and shared: O(memory).
[[nodiscard]] Status check_memory(Inspection& inspection,
                                  const std::vector<std::vector<ProcMapping>>& spaces);

/// Dispositions, pending signals, robust lists.
[[nodiscard]] Status check_signals(Inspection& inspection);

/// POSIX timers: ids, clocks, whom they tell and how; what is left of them only the process
/// can read. Nothing where the image has none.
[[nodiscard]] Status check_timers(Inspection& inspection);

/// Registers with their extended state, signal masks and rseq of every task at its first own
/// instruction, which it never runs: has the tree released, and kills it when this process ends.
[[nodiscard]] Status check_held(Inspection& inspection);

/// Signal masks, which are the image's only once a task runs.
[[nodiscard]] Status check_masks(Inspection& inspection);

/// The tasks' own reports; waits for them. @param timeout_s  how long
[[nodiscard]] Status check_reports(Inspection& inspection, unsigned timeout_s);

}  // namespace rb
