// Reading the memory of another task, and comparing it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"
#include "harness/verify/proc_files.h"
#include "strategies/strategy.h"

namespace rb {

/// Reads one task's memory: process_vm_readv(2), and where a mapping has no
/// PROT_READ, /proc/PID/mem, which looks at what a mapping may be, not is.
class MemoryReader {
 public:
  /// @param directory  of the task in /proc
  MemoryReader(std::uint32_t pid, std::string directory)
      : pid_(pid), directory_(std::move(directory)) {}

  /// Reads exactly bytes.size(). @return errno; 0: read
  [[nodiscard]] int read(std::uint64_t address, std::span<std::byte> bytes);

 private:
  std::uint32_t pid_;
  std::string directory_;
  Fd mem_;
};

/// The first byte at which two ranges of equal size differ.
/// @param address  of the first byte, for
/// @param ignored  address ranges in which differences do not count
[[nodiscard]] std::optional<std::size_t> first_difference(std::span<const std::byte> expected,
                                                          std::span<const std::byte> found,
                                                          std::uint64_t address,
                                                          std::span<const AddressRange> ignored);

/// The pages in [start, end) that a task has as private copies, in memory or
/// swapped out: neither never touched nor still those of a file.
/// @param directory  of the task in /proc; pagemap is read there
[[nodiscard]] OrErrno<std::vector<AddressRange>> private_pages(const std::string& directory,
                                                               std::uint64_t start,
                                                               std::uint64_t end);

}  // namespace rb
