// Descriptors that several workloads open.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "workloads/synthetic/tree.h"

namespace rb {

/// Files of 4 KiB that descriptors of a tree are spread over: few, as opening
/// costs the same for one file or many, and fixtures should be quick to make.
inline constexpr std::uint32_t kFileCount = 16;
inline constexpr std::uint64_t kFileSize = 4096;

/// Makes descriptions of regular files, item by item.
class RegularFiles {
 public:
  explicit RegularFiles(SyntheticTree& tree);

  /// A description of file item % kFileCount, at an offset of 8 * item bytes
  /// (which may lie behind the end, as lseek(2) allows).
  OfdId open(std::uint64_t item, std::uint32_t flags);
  /// Opens items 0 … count - 1 read-only in the task's table, each with a
  /// description of its own.
  void open_many(TaskId task, std::uint64_t count);

 private:
  SyntheticTree& tree_;
  std::vector<std::string> paths_;
};

}  // namespace rb
