#include "workloads/payload/payload.h"

#include "workloads/payload/blob.h"

extern "C" const std::byte rb_payload_begin[];
extern "C" const std::byte rb_payload_end[];

namespace rb {

std::span<const std::byte> payload_blob() { return {rb_payload_begin, rb_payload_end}; }

std::string_view payload_check_name(std::uint32_t check) {
  static constexpr std::string_view kNames[] = {
      "none",
      "check block",
      "general register",
      "rsp",
      "rflags",
      "x87 state",
      "mxcsr",
      "xmm register",
      "ymm register",
      "fs base",
      "gs base",
      "stack contents",
      "thread id",
      "process id",
      "parent",
      "process group",
      "session",
      "name",
      "signal mask",
      "pending signals",
      "alternate signal stack",
      "signal action",
      "signal handler",
      "robust list",
      "clear_child_tid",
      "interval timer",
      "brk",
      "memory contents",
      "open fd",
      "fd flags",
      "status flags",
      "file type",
      "file offset",
      "file contents",
      "listening socket",
      "pipe capacity",
      "bytes in pipe",
      "pipe contents",
      "working directory",
      "umask",
  };
  static_assert(std::size(kNames) == PAYLOAD_CHECK_COUNT);
  return check < std::size(kNames) ? kNames[check] : "unknown check";
}

}  // namespace rb
