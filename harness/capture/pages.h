// Which pages of a task's memory have contents of their own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fd.h"
#include "harness/capture/found.h"
#include "harness/verify/proc_files.h"

namespace rb::capture {

/// Looks at /proc/PID/pagemap: by PAGEMAP_SCAN (since Linux 6.7), which skips what was never
/// touched, or page by page.
class PageMap {
 public:
  /// @param directory  of the task in /proc
  [[nodiscard]] static OrErrno<PageMap> open(const std::string& directory);

  /// The pages in [start, end) that are a task's own copies, in memory or swapped out: not
  /// those never touched, nor still those of a file, nor the kernel's page of zeros.
  [[nodiscard]] OrErrno<std::vector<PageRange>> own_pages(std::uint64_t start, std::uint64_t end);

 private:
  explicit PageMap(Fd fd);
  [[nodiscard]] int scan(std::uint64_t start, std::uint64_t end, std::vector<PageRange>& pages);
  [[nodiscard]] int read(std::uint64_t start, std::uint64_t end, std::vector<PageRange>& pages);

  Fd fd_;
  bool scans_ = true;
  std::uint64_t zero_frame_ = 0;  ///< its number, if it is known
};

}  // namespace rb::capture
