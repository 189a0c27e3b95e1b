// A restarted tree: what a strategy hands over, and how to reach its tasks.
#pragma once

#include <cstdint>
#include <optional>

#include "base/error.h"
#include "strategies/account.h"

namespace rb {

/// An address range that a strategy keeps mapped in every task until release().
struct AddressRange {
  std::uint64_t start = 0;
  std::uint64_t end = 0;  ///< exclusive
};

/// How to reach the tasks of a restarted tree from outside.
struct TreeAccess {
  int coordinator_pid = -1;  ///< In the caller's namespace: stands for "outside the tree".
  bool own_namespace = true;
  bool at_barrier = true;  ///< Else the tree has been running from the moment it was there.
  /// Pid of the coordinator as the tasks see it (1 in a namespace of their own):
  /// parent of the root, and session and group of tasks whose image says 0.
  std::uint32_t outside_pid = 1;
  AddressRange scaffold;  ///< Not part of the image; gone after release().
  /// As in StrategyOptions: whether who inspects the tree is to stop at once. Optional.
  bool (*given_up)() = nullptr;
};

/// A restarted tree whose tasks stand at the barrier. The destructor destroys it.
class Tree {
 public:
  Tree() = default;
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  virtual ~Tree() = default;

  [[nodiscard]] virtual TreeAccess access() const = 0;

  /// Counted by the strategy itself, where it does.
  [[nodiscard]] virtual std::optional<ObjectCounts> objects() const { return std::nullopt; }

  /// The strategy's account of the restart, by its own plan, where it has one. Worked
  /// out when asked for, which takes a while.
  [[nodiscard]] virtual std::optional<RestartAccount> account() const { return std::nullopt; }

  /// Lets the tasks run their own first instruction and removes what the
  /// restart left in their address spaces. At most once.
  [[nodiscard]] virtual Status release() = 0;

  /// After release(): waits until the tree's first process has ended. @return its wait
  /// status, wait(2). Fails, with the tree going on, when StrategyOptions::given_up says so.
  [[nodiscard]] virtual Result<int> wait_root() {
    return fail(ErrorKind::kUnsupported, "this strategy cannot wait for a tree");
  }

  /// After release(), among the caller's pids: the tree goes on by itself, as children of
  /// whoever takes orphans, and is no longer this object's to destroy.
  [[nodiscard]] virtual Status detach() {
    return fail(ErrorKind::kUnsupported, "this strategy cannot leave a tree running");
  }

  /// Kills every task and returns once none is left, nor a zombie, fd or
  /// mapping. Idempotent; a tree that was never released is destroyed too.
  [[nodiscard]] virtual Status destroy() = 0;
};

}  // namespace rb
