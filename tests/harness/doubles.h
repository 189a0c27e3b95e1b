// Strategies that go wrong in known ways, and a workload and verifier for them.
#pragma once

#include "harness/parts.h"

namespace rb::test {

/// The workload `mini` (n tasks; m, without effect), and `other` (no parameter).
/// Strategies: `good`, `variant` (verifiable), `bare` (a reference), `null`, and
/// those that fail: `fails-restart`, `fails-late` (in its fifth restart),
/// `restores-wrong` (at the barrier), `runs-wrong` (once released), `wrong-late`,
/// `fails-destroy`, `refuses` (not supported), `lacks` (a resource),
/// `interrupted` (raises SIGTERM in its third restart). `takes-99` and `takes-102` take
/// 100 and 103 steps of the fake clock. Peers: `peer`, and `missing`, which is not installed.
[[nodiscard]] Parts doubles();

/// Trees of doubles that exist now: to be 0 after every run.
[[nodiscard]] int live_trees();

}  // namespace rb::test
