// An archive that a kernel unpacks as its root file system.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"

struct archive;

namespace rb::vm {

/// A cpio archive (newc) in memory. Its bytes depend on what is added only.
class Initramfs {
 public:
  [[nodiscard]] static Result<Initramfs> create();

  /// A regular file with the directories above it. Paths are relative to the
  /// root; a second file at a path is ignored.
  [[nodiscard]] Status add_file(const std::string& path, std::string_view contents,
                                unsigned permissions);

  /// A directory with the directories above it.
  [[nodiscard]] Status add_directory(const std::string& path);

  /// Ends the archive. @return a memory file that holds it
  [[nodiscard]] Result<Fd> finish() &&;

 private:
  struct Writer;
  struct Delete {
    void operator()(Writer* writer) const;
  };
  Initramfs() = default;

  std::unique_ptr<Writer, Delete> writer_;
};

}  // namespace rb::vm
