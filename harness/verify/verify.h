// Proof that a restarted tree is what its image says.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "image/image.h"
#include "strategies/strategy.h"

namespace rb {

/// What a verification found; empty = everything is as the image says.
struct Verification {
  /// One sentence each: which task (index, pid, name), what, expected, found.
  /// At most kMaxDifferences; a last line says how many more there are.
  std::vector<std::string> differences;

  [[nodiscard]] bool ok() const noexcept { return differences.empty(); }
};
inline constexpr std::size_t kMaxDifferences = 20;

/// Compares a tree at the barrier with its image, from outside: that exactly
/// the image's tasks exist; parents, thread groups, sessions, process groups,
/// names; kcmp(2) classes of VM, FILES, FS, SIGHAND and FILE (by sorting, so
/// O(n log n)); fd tables with flags, offsets and paths; cwd, root, umask; maps;
/// signal dispositions and pending queues.
/// The error is that of the verifier itself (a lacking privilege, say).
[[nodiscard]] Result<Verification> verify_stopped(const Image& image, const Tree& tree);

/// After verify_stopped(), for a tree that must not run: releases it, stops every task in front
/// of its first own instruction, and compares what is the image's only there: registers with
/// their extended state, signal masks, rseq. All tasks are dead afterwards.
[[nodiscard]] Result<Verification> verify_held(const Image& image, Tree& tree);

/// Whether tasks of the image run the self-checking payload: a synthetic tree. One that
/// does not is a captured program, which a benchmark must never let run: it would go on
/// with its work.
[[nodiscard]] bool checks_itself(const Image& image);

/// After release(): waits for every task's own report (the self-check of
/// workloads/payload/payload.h), and compares from outside what only holds once
/// a task runs: signal masks, maps without the scaffold.
/// Of a tree that has not stood at a barrier, the same is compared, and what tasks share, their
/// descriptors, directories and umasks; of a captured program only which tasks there are.
/// @param timeout_s  how long to wait for reports
[[nodiscard]] Result<Verification> verify_running(const Image& image, const Tree& tree,
                                                  unsigned timeout_s);

}  // namespace rb
