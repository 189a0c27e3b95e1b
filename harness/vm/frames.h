// How the guest's output travels to the host: as frames on one serial line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace rb::vm {

/// What a frame carries.
enum class FrameType : char {
  kHello = 'h',     ///< The guest is up; the release of its kernel.
  kOut = 'o',       ///< A piece of stdout.
  kErr = 'e',       ///< A piece of stderr.
  kProgress = 'p',  ///< How far it has come: progress.h.
  kResults = 'r',   ///< The whole text of --out FILE, so far.
  kExit = 'x',      ///< The exit code, decimal: the last frame.
};

struct Frame {
  FrameType type{};
  std::string payload;
};

/// The bytes of a frame: its type, the payload's length (32 bits, little-endian),
/// the payload. Lengths make the line transparent for any byte.
[[nodiscard]] std::string encode(FrameType type, std::string_view payload);

/// Puts frames together again from whatever pieces arrive.
class FrameDecoder {
 public:
  /// More bytes of the stream.
  void feed(std::string_view bytes) { buffer_ += bytes; }

  /// The next frame, if all of it is there. An unknown type or an absurd length
  /// is an error, and the stream is lost from there on.
  [[nodiscard]] Result<std::optional<Frame>> next();

 private:
  std::string buffer_;
  std::size_t begin_ = 0;  ///< of what was not handed out yet
};

}  // namespace rb::vm
