#include "image/page_sink.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace rb {

PageSink::PageSink(int fd, std::uint64_t offset)
    : fd_(fd), offset_(offset), sum_(XXH64_createState(), XXH64_freeState) {
  RB_ASSERT(sum_ != nullptr);
  XXH64_reset(sum_.get(), 0);
}

Status PageSink::flush() {
  std::span<const std::byte> left(buffer_.data(), used_);
  XXH64_update(sum_.get(), left.data(), left.size());
  while (!left.empty()) {
    const ssize_t wrote = ::pwrite(fd_, left.data(), left.size(), static_cast<off_t>(offset_));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return fail_errno("cannot write the image", wrote < 0 ? errno : EIO);
    left = left.subspan(static_cast<std::size_t>(wrote));
    offset_ += static_cast<std::uint64_t>(wrote);
  }
  used_ = 0;
  return {};
}

Status PageSink::read(std::uint64_t size, const ReadPages& from) {
  for (std::uint64_t done = 0; done < size;) {
    const std::size_t part = std::min<std::uint64_t>(size - done, buffer_.size() - used_);
    if (const int error = from(done, {buffer_.data() + used_, part}); error != 0) {
      return fail_errno("cannot copy memory into the image", error);
    }
    used_ += part;
    done += part;
    if (used_ == buffer_.size()) RB_TRY(flush());
  }
  return {};
}

Status PageSink::add_written(std::span<const std::byte> bytes) {
  RB_TRY(flush());
  XXH64_update(sum_.get(), bytes.data(), bytes.size());
  offset_ += bytes.size();
  return {};
}

Result<std::uint64_t> PageSink::finish() {
  RB_TRY(flush());
  return XXH64_digest(sum_.get());
}

}  // namespace rb
