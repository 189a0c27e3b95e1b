// The guest's end of the line to the host.
#pragma once

#include <streambuf>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"
#include "harness/vm/frames.h"

namespace rb::vm {

/// A raw serial line. ttyS1 takes frames; ttyS0, the console, brings signals.
class GuestLine {
 public:
  [[nodiscard]] static Result<GuestLine> open(const char* path);

  /// Returns once all of the frame has left, so that no interrupt of it comes
  /// while something is measured.
  [[nodiscard]] Status send(FrameType type, std::string_view payload) const;

  [[nodiscard]] const Fd& fd() const noexcept { return fd_; }

 private:
  explicit GuestLine(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
};

/// What a stream prints, as frames: one a flush.
class FrameBuffer final : public std::streambuf {
 public:
  FrameBuffer(const GuestLine& line, FrameType type) : line_(line), type_(type) {}

 protected:
  int overflow(int character) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int sync() override;

 private:
  const GuestLine& line_;
  FrameType type_;
  std::string text_;
};

}  // namespace rb::vm
