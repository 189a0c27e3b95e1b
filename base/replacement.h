// A file that takes the place of another one as a whole.
#pragma once

#include <string>

#include "base/error.h"
#include "base/fd.h"

namespace rb {

/// Written without a name (O_TMPFILE), in the same directory; commit() puts it in place
/// with rename(2), so that a reader finds the old contents or the new ones. Gone
/// if it is not committed, also if this process is killed. On a file system that has no
/// files without a name it has another one meanwhile, which a kill would leave.
class Replacement {
 public:
  /// Errors: `path` is there and no regular file (a device would be done away
  /// with), or its directory cannot be written to. Of a symbolic link, the file
  /// that it refers to is replaced.
  [[nodiscard]] static Result<Replacement> create(const std::string& path);
  Replacement(Replacement&& other) noexcept = default;
  Replacement& operator=(Replacement&&) = delete;
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;
  ~Replacement();

  /// Open for writing, empty.
  [[nodiscard]] const Fd& fd() const { return fd_; }

  /// Gives the file the permissions of a new one, and the name. Call it once.
  [[nodiscard]] Status commit();

 private:
  Replacement() = default;
  [[nodiscard]] bool give_name();

  std::string path_;  ///< as given, for messages
  std::string target_;
  std::string temporary_;  ///< empty: the file has no name
  Fd fd_;
};

}  // namespace rb
