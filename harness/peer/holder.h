// A process namespace in which another program restarts a tree.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace rb::peer {

/// Files in memory that only holders see, as a mount namespace has them. Gone with this object
/// and all holders, also if this process is killed.
class Storage {
 public:
  /// An empty file system at kStorage. Errors: kLacking without CAP_SYS_ADMIN.
  [[nodiscard]] static Result<Storage> create();

  [[nodiscard]] int mounts() const noexcept { return mounts_.get(); }

 private:
  explicit Storage(Fd mounts) : mounts_(std::move(mounts)) {}

  Fd mounts_;  ///< the mount namespace
};
inline constexpr char kStorage[] = "/run/restartbench-peer";

/// How a program ended that a holder ran.
struct Ended {
  int status = 0;      ///< wait(2)
  std::string output;  ///< the end of what it printed, if it was no success
};

/// The first process of a pid namespace, with a /proc of its own. It starts programs there when it
/// is told to, and waits for what becomes its child. With it ends all that is in the namespace.
class Holder {
 public:
  /// @param first  what it does before anything else; false: it cannot. May be empty.
  [[nodiscard]] static Result<std::unique_ptr<Holder>> start(const Storage& storage,
                                                             const std::function<bool()>& first);
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() { end(); }

  /// From the moment it starts the program until the program has ended. What the program left
  /// running goes on.
  /// @param given_up  asked now and then: whether to end the holder instead; may be nullptr
  /// Errors: the program cannot be executed, or took longer than kLimit; the holder has ended.
  [[nodiscard]] Result<Ended> run(const std::vector<std::string>& arguments, bool (*given_up)());

  /// Kills all that is in the namespace, and returns once nothing is. Idempotent.
  void end();

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

 private:
  Holder(pid_t pid, Fd line) : pid_(pid), line_(std::move(line)) {}
  [[nodiscard]] Result<std::string> answer(bool (*given_up)());

  pid_t pid_;
  Fd line_;
};

}  // namespace rb::peer
