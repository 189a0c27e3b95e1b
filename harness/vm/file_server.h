// A directory of the host for a guest to read: virtiofsd.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/error.h"
#include "base/fd.h"

namespace rb::vm {

/// A running virtiofsd, which nobody can write through: it has a mount namespace of its own in
/// which everything is read-only. It ends with QEMU, or is killed by the destructor.
class FileServer {
 public:
  /// @param log  a descriptor that its complaints go to
  /// Errors: kLacking without virtiofsd or root.
  [[nodiscard]] static Result<FileServer> start(const std::string& directory, int log);
  FileServer(FileServer&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), socket_(std::move(other.socket_)) {}
  FileServer& operator=(FileServer&&) = delete;
  FileServer(const FileServer&) = delete;
  FileServer& operator=(const FileServer&) = delete;
  ~FileServer();

  /// QEMU's end of the connection, to be closed here once QEMU has it.
  [[nodiscard]] Fd& socket() noexcept { return socket_; }

 private:
  FileServer(pid_t pid, Fd socket) : pid_(pid), socket_(std::move(socket)) {}

  pid_t pid_;
  Fd socket_;
};

}  // namespace rb::vm
