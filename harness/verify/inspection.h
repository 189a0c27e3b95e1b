// What all checks of one verification share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "harness/verify/findings.h"
#include "harness/verify/proc_parse.h"
#include "image/image.h"
#include "strategies/strategy.h"

namespace rb {

/// When a verification takes place.
enum class Moment {
  kStopped,  ///< At the barrier: the scaffold is mapped, all signals may be blocked.
  kRunning,  ///< After release: the tree must be the image's and nothing more.
};

/// Lives in the process that inspects, inside the tree's pid namespace.
struct Inspection {
  Inspection(const Image& the_image, const TreeAccess& the_access, Moment the_moment,
             Findings& the_findings)
      : image(the_image),
        access(the_access),
        moment(the_moment),
        findings(the_findings),
        present(the_image.tasks().size(), false),
        status(the_image.tasks().size()) {}

  const Image& image;
  const TreeAccess access;
  const Moment moment;
  Findings& findings;
  std::vector<bool> present;       ///< By task: alive. Set by check_tasks().
  std::vector<ProcStatus> status;  ///< By task, where present. Set by check_tasks().

  [[nodiscard]] std::uint32_t pid(std::uint32_t task) const { return image.tasks()[task].pid; }
  [[nodiscard]] std::uint32_t leader_pid(std::uint32_t task) const {
    return pid(image.groups()[image.tasks()[task].group].leader);
  }
  /// "task 3 (pid 105, worker)".
  [[nodiscard]] std::string name(std::uint32_t task) const;
  /// "/proc/TGID/task/TID": what is read there is the thread's, never a sum
  /// over its group, which would be O(threads) for each.
  [[nodiscard]] std::string directory(std::uint32_t task) const;

  /// For each object of a class, the first present task that uses it, or
  /// RBI_NONE. kcmp(2) proves that the other users see the same object.
  [[nodiscard]] std::vector<std::uint32_t> representatives(__u32 rbi_task::*object,
                                                           std::size_t objects) const;

  /// A file of a task could not be read: a difference where the task is gone,
  /// else the error (kLacking for a missing privilege).
  [[nodiscard]] Status unreadable(std::uint32_t task, std::string_view what, int error);
};

/// Names of the signals in a set, "SIGUSR1 SIGTERM", or "none".
[[nodiscard]] std::string signal_names(std::uint64_t set);

}  // namespace rb
