// A process tree whose every task is stopped.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace rb::capture {

struct FrozenProcess {
  static constexpr std::size_t kNoParent = ~std::size_t{0};

  pid_t pid = 0;
  std::size_t parent = kNoParent;  ///< among the tree's processes
  std::vector<pid_t> tasks;        ///< the leader first, the others ascending
  Fd pidfd;
  std::string name;  ///< "pid 12 (redis-server)"
};

/// A child that has ended and that its parent, which is stopped, has not waited for.
struct FrozenZombie {
  pid_t pid = 0;
  std::size_t parent = 0;  ///< among the tree's processes
};

/// Stops a tree by ptrace(2), and lets it go on when destroyed: unharmed, whatever has
/// happened meanwhile. If this process is killed, the kernel does that.
class FrozenTree {
 public:
  /// Stops a process and all of its descendants, until no task is found that is not.
  /// Errors: kUsage for a pid that is none; kLacking without the privilege; kUnsupported
  /// for a task that is traced by another process, has ended before its threads or as the
  /// root, or does not stop.
  [[nodiscard]] static Result<FrozenTree> freeze(pid_t root);

  FrozenTree(FrozenTree&&) = default;
  FrozenTree& operator=(FrozenTree&&) = delete;
  FrozenTree(const FrozenTree&) = delete;
  FrozenTree& operator=(const FrozenTree&) = delete;
  ~FrozenTree() { thaw(); }

  /// Parents precede their children; the root is the first.
  [[nodiscard]] const std::vector<FrozenProcess>& processes() const { return processes_; }
  [[nodiscard]] std::size_t task_count() const;
  [[nodiscard]] const std::vector<FrozenZombie>& zombies() const { return zombies_; }

  /// Lets every task go on.
  void thaw();

  /// Kills every process and waits until each is gone or a zombie of its parent's.
  [[nodiscard]] Status end();

 private:
  FrozenTree() = default;
  [[nodiscard]] Status freeze_all(pid_t root);
  [[nodiscard]] Status add_process(pid_t pid, std::size_t parent);
  [[nodiscard]] Result<bool> add_tasks(std::size_t process);
  [[nodiscard]] Result<bool> add_children(std::size_t process);
  [[nodiscard]] bool has(pid_t pid) const;
  [[nodiscard]] Status wait_stopped(FrozenProcess& process, const std::vector<pid_t>& started);
  [[nodiscard]] tl::unexpected<Error> has_ended(pid_t tid);

  bool may_pass_ = false;  ///< what went wrong may pass once the tasks run again
  std::vector<FrozenProcess> processes_;
  std::vector<FrozenZombie> zombies_;
};

}  // namespace rb::capture
