// The contract between a restart strategy and everything else.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/error.h"
#include "image/image.h"
#include "strategies/stage.h"
#include "strategies/tree.h"

namespace rb {

/// Version of this contract; a strategy built for another one is refused.
inline constexpr int kStrategyVersion = 1;

/// What a strategy is for.
enum class StrategyKind {
  kRestart,    ///< A way to restart, to be compared.
  kVariant,    ///< A deliberately different way, to measure the difference.
  kReference,  ///< Not a restart: a limit to compare with. Never verified.
  kTest,       ///< For testing the harness. Not part of "all".
  kPeer,       ///< Another program (harness/peer/peers.h). Only --peer names it.
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
