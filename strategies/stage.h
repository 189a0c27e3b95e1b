// The stages of a restart and the clock that a strategy reports them to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rb {

/// Where the work of a restart goes. Each names who does it and who confirms.
enum class Stage : std::uint8_t {
  kPlan,       ///< Order and flags are worked out from the image, by the caller.
  kCreate,     ///< Tasks come into being (clone, exec, throw-aways), by their creators.
  kAttach,     ///< Sessions, groups, fs, sighand, unshares, by each task for itself.
  kOpenFiles,  ///< Descriptors are opened, inherited, placed and closed.
  kMemory,     ///< VMAs are mapped and their contents copied, by one task per mm.
  kRegisters,  ///< Signals queued, CPU state laid out, the last call prepared.
  kBarrier,    ///< From the last task's arrival until the caller knows of it.
};
inline constexpr std::size_t kStageCount = 7;

/// Lower-case name as used in results: "plan", "create", "attach",
/// "open_files", "memory", "registers", "barrier".
[[nodiscard]] std::string_view stage_name(Stage stage);

/// A source of time in ns; the only one that measurements may use.
class TimeSource {
 public:
  virtual ~TimeSource() = default;
  [[nodiscard]] virtual std::uint64_t now_ns() = 0;
  /// Asked for before each restart that is timed. Where a machine can be brought to the
  /// same state each time, it is; that takes no time on this clock.
  virtual void settle() {}
};

/// CLOCK_MONOTONIC.
[[nodiscard]] TimeSource& monotonic_time();

/// The time stamp counter, taken for ns. In an emulated machine whose TSC counts
/// instructions it is exact, where CLOCK_MONOTONIC is a conversion of it.
[[nodiscard]] TimeSource& cycle_counter();

/// Collects one restart's times. The harness calls begin() and end(); the
/// strategy only add(). Stage times are *work*: the sum over all tasks of the
/// time each spent in a stage, so with several CPUs they may exceed the total.
class StageClock {
 public:
  explicit StageClock(TimeSource& source) : source_(source) {}

  /// Before begin(): see TimeSource.
  void settle() { source_.settle(); }
  void begin() {
    stages_ = {};
    total_ns_ = 0;
    begin_ns_ = source_.now_ns();
  }
  void end() { total_ns_ = source_.now_ns() - begin_ns_; }
  void add(Stage stage, std::uint64_t ns) { stages_[static_cast<std::size_t>(stage)] += ns; }
  [[nodiscard]] std::uint64_t now_ns() { return source_.now_ns(); }

  [[nodiscard]] std::uint64_t total_ns() const noexcept { return total_ns_; }
  [[nodiscard]] const std::array<std::uint64_t, kStageCount>& stages_ns() const noexcept {
    return stages_;
  }

 private:
  TimeSource& source_;
  std::uint64_t begin_ns_ = 0;
  std::uint64_t total_ns_ = 0;
  std::array<std::uint64_t, kStageCount> stages_{};
};

}  // namespace rb
