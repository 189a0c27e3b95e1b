// The contract between a restart strategy and everything else.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "image/image.h"
#include "strategies/account.h"
#include "strategies/stage.h"

namespace rb {

/// Version of this contract; a strategy built for another one is refused.
inline constexpr int kStrategyVersion = 1;

/// What a strategy is for.
enum class StrategyKind {
  kRestart,    ///< A way to restart, to be compared.
  kVariant,    ///< A deliberately different way, to measure the difference.
  kReference,  ///< Not a restart: a limit to compare with. Never verified.
  kTest,       ///< For testing the harness. Not part of "all".
};

/// What a strategy can do, and what it needs (bit flags).
enum StrategyFlags : std::uint32_t {
  kRestoresTree = 1u << 0,     ///< The tree can be verified against the image.
  kOwnPidNamespace = 1u << 1,  ///< Can restart into a pid namespace of its own.
  kHostPids = 1u << 2,         ///< Can restart into the caller's pid namespace.
  kNeedsRoot = 1u << 3,        ///< Needs CAP_SYS_ADMIN (or CAP_CHECKPOINT_RESTORE).
  kNeedsDevice = 1u << 4,      ///< Needs /dev/restart.
  kSharesByPlan = 1u << 5,     ///< Restores what objects tasks share where a plan of
                               ///< stock system calls exists (planner/plan.h).
  kSharesAnything = 1u << 6,   ///< Attaches objects to tasks: any sharing that the
                               ///< kernel's rules allow.
};

/// Which pid namespace a tree is restarted in.
enum class PidMode {
  kOwn,   ///< One of its own, made for it and gone with it.
  kHost,  ///< The caller's: the image's pids must be free.
};

/// What the process that restarts a tree has already when it begins: open files and
/// memory of its own, of no use to the tree.
struct CreatorSize {
  std::uint32_t descriptors = 0;  ///< open files
  std::uint64_t memory = 0;       ///< bytes of touched private memory
};

struct StrategyOptions {
  PidMode pids = PidMode::kOwn;
  unsigned cpus = 0;  ///< How many tasks may create others at once; 0 = online CPUs.
  CreatorSize creator = {};
  /// Asked now and then by whatever waits in restart() and release(): whether to
  /// fail at once instead of waiting on. Optional.
  bool (*given_up)() = nullptr;
};

/// An address range that a strategy keeps mapped in every task until release().
struct AddressRange {
  std::uint64_t start = 0;
  std::uint64_t end = 0;  ///< exclusive
};

/// How to reach the tasks of a restarted tree from outside.
struct TreeAccess {
  int coordinator_pid = -1;  ///< In the caller's namespace: stands for "outside the tree".
  bool own_namespace = true;
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

/// A strategy made ready for one image: the state of runs lives here. Restarts
/// one tree at a time.
class Restarter {
 public:
  Restarter() = default;
  Restarter(const Restarter&) = delete;
  Restarter& operator=(const Restarter&) = delete;
  virtual ~Restarter() = default;

  /// Restarts the tree up to the barrier. After an error nothing is left.
  /// Required. The caller brackets it with clock.begin() and clock.end().
  [[nodiscard]] virtual Result<std::unique_ptr<Tree>> restart(StageClock& clock) = 0;
};

/// Operations of a strategy; every field is required.
struct Strategy {
  int version;  ///< kStrategyVersion
  const char* name;
  const char* summary;  ///< one line
  StrategyKind kind;
  std::uint32_t flags;  ///< StrategyFlags

  /// Why the strategy cannot restart this image here, or success. Pure apart
  /// from asking the machine for privileges, devices and limits.
  Status (*supports)(const Image& image, const StrategyOptions& options);

  /// Makes ready for an image, outside the clock. The image outlives the result.
  Result<std::unique_ptr<Restarter>> (*prepare)(const Image& image, const StrategyOptions& options);
};

/// All strategies, in the order in which they are listed. Checked when first
/// asked for: a broken table is a broken invariant.
[[nodiscard]] std::span<const Strategy* const> strategies();

/// The strategy of that name, or nullptr.
[[nodiscard]] const Strategy* find_strategy(std::string_view name);

}  // namespace rb
