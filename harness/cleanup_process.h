// Somebody who tidies up when bench ends, however it ends.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/error.h"
#include "base/fd.h"

namespace rb {

/// A process that waits until this one has ended, or this object is gone, then kills the
/// process groups that it was told of, and removes a directory with all that is in it. No
/// signal but SIGKILL ends it before.
class CleanupProcess {
 public:
  [[nodiscard]] static Result<CleanupProcess> start(const std::string& directory);
  CleanupProcess(CleanupProcess&& other) noexcept;
  CleanupProcess& operator=(CleanupProcess&&) = delete;
  CleanupProcess(const CleanupProcess&) = delete;
  CleanupProcess& operator=(const CleanupProcess&) = delete;
  /// Waits until it is done.
  ~CleanupProcess();

  /// Tells it of a group. May be called in a child, which must close its descriptors later.
  void add(pid_t group) const { send(group); }
  /// The group has ended: its number may be another's.
  void forget(pid_t group) const { send(-group); }

 private:
  CleanupProcess(pid_t pid, Fd pipe) : pid_(pid), pipe_(std::move(pipe)) {}
  void send(pid_t message) const;

  pid_t pid_;
  Fd pipe_;
};

}  // namespace rb
