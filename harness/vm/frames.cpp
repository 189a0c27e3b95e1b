#include "harness/vm/frames.h"

#include <fmt/format.h>

namespace rb::vm {
namespace {

constexpr std::size_t kHeader = 5;
/// More than any results file; less than what garbage would mostly claim.
constexpr std::uint32_t kLongest = 1u << 30;
constexpr std::string_view kTypes = "hoeprx";

}  // namespace

std::string encode(FrameType type, std::string_view payload) {
  RB_ASSERT(payload.size() <= kLongest);
  std::string bytes(1, static_cast<char>(type));
  for (unsigned shift = 0; shift < 32; shift += 8) {
    bytes += static_cast<char>(payload.size() >> shift & 0xff);
  }
  bytes += payload;
  return bytes;
}

Result<std::optional<Frame>> FrameDecoder::next() {
  const std::string_view rest = std::string_view(buffer_).substr(begin_);
  if (rest.size() < kHeader) return std::nullopt;
  std::uint32_t length = 0;
  for (unsigned i = 0; i < 4; ++i) {
    length |= std::uint32_t{static_cast<unsigned char>(rest[1 + i])} << 8 * i;
  }
  if (kTypes.find(rest[0]) == std::string_view::npos || length > kLongest) {
    return fail(ErrorKind::kNoResult,
                fmt::format("the virtual machine sent what is no frame (type {}, length {})",
                            static_cast<int>(rest[0]), length));
  }
  if (rest.size() - kHeader < length) return std::nullopt;
  Frame frame{static_cast<FrameType>(rest[0]), std::string(rest.substr(kHeader, length))};
  begin_ += kHeader + length;
  if (begin_ == buffer_.size()) {
    buffer_.clear();
    begin_ = 0;
  }
  return frame;
}

}  // namespace rb::vm
