// Many tasks made, and ended, in two steps that can be timed.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>

#include "base/error.h"
#include "base/fd.h"

namespace rb {

/// Children of this thread that do nothing: each one that is made waits at a gate, and
/// ends when it is opened. They use no stack, no thread-local storage and no memory but
/// one shared page, so that their mm may be this one's or hold hardly anything.
class GatedClones {
 public:
  static constexpr unsigned kMost = 64;

  GatedClones();

  /// Makes `count` tasks with these flags of clone(2), and returns once all wait.
  /// Errors: kSystem.
  [[nodiscard]] Status create(unsigned count, unsigned long flags);

  /// The pid of the first of them, if they are processes.
  [[nodiscard]] pid_t first() const { return pids_.front(); }

  /// Ends those tasks, and returns once they are reaped.
  void end();

 private:
  /// The page that tasks share, whatever else they share.
  struct Gate {
    alignas(64) std::uint32_t arrived;      ///< futex
    alignas(64) std::uint32_t go;           ///< futex
    alignas(64) std::uint32_t expected;     ///< how many arrive
    std::array<std::uint32_t, kMost> tids;  ///< of threads; 0 once they have ended
  };
  [[nodiscard]] Gate& gate() const { return *reinterpret_cast<Gate*>(page_.data()); }

  Mapping page_;
  std::array<pid_t, kMost> pids_{};  ///< of processes
  unsigned count_ = 0;
  bool threads_ = false;
};

}  // namespace rb
