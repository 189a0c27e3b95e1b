// Descriptors that are added to an image behind those of a synthetic tree.
#pragma once

#include <cstdint>

#include "image/writer.h"

namespace rb {

/// Appends open file descriptions to an image that a SyntheticTree has written, each
/// with one number in every table. The payload knows nothing of them, which looks at
/// numbers below theirs only; the verifier checks them.
class AppendedDescriptors {
 public:
  explicit AppendedDescriptors(ImageWriter& writer)
      : writer_(writer), first_(static_cast<__u32>(writer.ofds.size())) {}

  /// @return the description's index
  __u32 add(const rbi_ofd& ofd) {
    writer_.ofds.push_back(ofd);
    return static_cast<__u32>(writer_.ofds.size() - 1);
  }

  /// The number that an appended description has.
  [[nodiscard]] __u32 number_of(__u32 ofd) const { return kFirstNumber + (ofd - first_); }

  /// Adds all of them to each table; call once.
  void finish() {
    const auto ofds = static_cast<__u32>(writer_.ofds.size());
    std::vector<rbi_fd> fds;
    for (rbi_files& files : writer_.files) {
      const auto from = writer_.fds.begin() + static_cast<std::ptrdiff_t>(files.fd_first);
      const auto start = static_cast<__u32>(fds.size());
      fds.insert(fds.end(), from, from + static_cast<std::ptrdiff_t>(files.fd_count));
      for (__u32 ofd = first_; ofd < ofds; ++ofd) {
        fds.push_back({number_of(ofd), ofd, ofd % 2 == 0 ? RBI_FD_CLOEXEC : 0u, 0});
      }
      files = {start, static_cast<__u32>(fds.size()) - start};
    }
    writer_.fds = std::move(fds);
  }

 private:
  static constexpr __u32 kFirstNumber = 1000;
  ImageWriter& writer_;
  __u32 first_;
};

}  // namespace rb
