// The pages of an image on their way into its file.
#pragma once

#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/error.h"
#include "image/writer.h"

namespace rb {

/// Writes pages one after the other and sums them up on the way, in one pass: what is read
/// elsewhere goes through a buffer that stays in the CPU's cache. Into a mapping of the file it
/// would take a page fault for every page, and come back for the checksum once it is cold.
class PageSink {
 public:
  /// @param fd  of the file; outlives this
  /// @param offset  of the first page in it
  PageSink(int fd, std::uint64_t offset);

  /// Appends pages from elsewhere.
  [[nodiscard]] Status read(std::uint64_t size, const ReadPages& from);

  /// Appends what stands in the file already.
  [[nodiscard]] Status add_written(std::span<const std::byte> bytes);

  /// Writes what is left. @return the XXH64 of all, with seed 0
  [[nodiscard]] Result<std::uint64_t> finish();

 private:
  static constexpr std::size_t kBuffer = 256 * 1024;  // of a second-level cache of 512 KiB

  [[nodiscard]] Status flush();

  int fd_;
  std::uint64_t offset_;  ///< of what is in the buffer
  std::vector<std::byte> buffer_ = std::vector<std::byte>(kBuffer);
  std::size_t used_ = 0;
  std::unique_ptr<XXH64_state_t, decltype(&XXH64_freeState)> sum_;
};

}  // namespace rb
