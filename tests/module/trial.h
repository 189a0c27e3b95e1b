// One restart in a process and a pid namespace of its own, up to its end.
#pragma once

#include <sys/types.h>

#include <functional>

#include "image/image.h"
#include "strategies/kernel/module/restart_uapi.h"

namespace rb::test {

/// What the coordinator does with the device.
enum class Call { kNone, kOpen, kLoad, kGive, kRun, kStatus, kRelease, kAbort, kClose };

/// What goes wrong, and where the trial ends.
struct Trial {
  bool optimistic = false;
  std::uint32_t inject = 0;            ///< the n-th step fails; 0 = none
  __u32 taken_pid = 0;                 ///< a pid that is in use; 0 = none
  int kill_task = 0;                   ///< once ready: SIGKILL for this pid; 0 = none
  unsigned head_start = 0;             ///< optimistic: microseconds from cloning the root to RUN
  bool give = true;                    ///< the files, before any task attaches
  bool close_device = false;           ///< once ready: close instead of release
  bool release = true;                 ///< once ready: let the tasks run, then kill them
  Call fail_in = Call::kNone;          ///< a call in which an allocation or a copy fails (FailNth)
  unsigned fail_nth = 0;               ///< which of them
  std::function<void()> before_run{};  ///< in the coordinator
  /// In the coordinator, all tasks at the barrier. @return whether it is as it should be
  std::function<bool()> at_barrier{};
};

/// How it ended.
struct Outcome {
  int error = 0;          ///< errno of the first call that failed
  int release_error = 0;  ///< errno of RESTART_RELEASE
  restart_status status{};
  bool failed_nth = false;   ///< it has come to Trial::fail_nth
  bool as_it_should = true;  ///< what at_barrier found
  bool finished = false;     ///< the coordinator came to its end: no task was left
};

/// Runs a trial to its end: every task that was made is dead and reaped.
[[nodiscard]] Outcome run(const Image& image, const Trial& trial);

/// Starts a trial and kills its coordinator after so many microseconds.
void run_and_kill_coordinator(const Image& image, const Trial& trial, unsigned microseconds);

/// Tasks that are inside the module, of every restart, once they had a second to leave it.
[[nodiscard]] std::uint32_t tasks_inside();

}  // namespace rb::test
