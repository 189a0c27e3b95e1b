// A running process tree becomes an image.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace rb {

/// Where the time of a capture goes.
enum class CaptureStage : std::uint8_t {
  kFreeze,   ///< Every task is stopped.
  kExamine,  ///< /proc, ptrace(2) and kcmp(2) are read; what cannot be saved is refused.
  kAsk,      ///< The tasks tell what only they know.
  kWrite,    ///< Contents are copied and the file is written.
  kEnd,      ///< The tree goes on, or is ended.
};
inline constexpr std::size_t kCaptureStageCount = 5;
[[nodiscard]] constexpr std::string_view stage_name(CaptureStage stage) {
  constexpr std::string_view kNames[kCaptureStageCount] = {"freeze", "examine", "ask", "write",
                                                           "end"};
  return kNames[static_cast<std::size_t>(stage)];
}

struct CaptureRequest {
  pid_t root = 0;              ///< first process of the tree
  std::string path;            ///< of the image
  bool leave_running = false;  ///< else the tree is ended, once the image is written
  /// Whether to let the tree go on, without an image. Asked between stages; may be null.
  bool (*given_up)() = nullptr;
};

struct Captured {
  std::size_t processes = 0;
  std::size_t tasks = 0;
  std::uint64_t pages = 0;      ///< with contents
  std::size_t stops = 0;        ///< of all tasks, by ptrace(2)
  std::uint64_t frozen_ns = 0;  ///< from the first task's stop until it goes on or is ended
  std::array<std::uint64_t, kCaptureStageCount> stage_ns{};
};

/// Whatever happens, the tree goes on unharmed unless the whole image was written.
/// Errors: kUsage for a pid that is none; kLacking without privileges; kUnsupported where
/// something of the tree cannot be saved, which is found before anything is changed.
[[nodiscard]] Result<Captured> capture_tree(const CaptureRequest& request);

}  // namespace rb
