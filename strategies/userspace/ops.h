// Makes ops of the restorer's program, by name.
#pragma once

#include <sys/mman.h>

#include "strategies/userspace/restorer/op.h"

namespace rb::ops {

[[nodiscard]] inline rst_op make(rst_op_kind kind, rst_stage stage) {
  rst_op op{};
  op.kind = static_cast<__u16>(kind);
  op.stage = static_cast<__u16>(stage);
  return op;
}

[[nodiscard]] inline rst_op close_range(std::uint64_t first, std::uint64_t last,
                                        std::uint64_t flags = 0) {
  rst_op op = make(RST_CLOSE_RANGE, RST_STAGE_OPEN_FILES);
  op.a = first;
  op.b = last;
  op.c = flags;
  return op;
}

/// F_DUPFD: from → to, the lowest free number not below `minimum`.
[[nodiscard]] inline rst_op dup(std::uint32_t from, std::uint32_t to, std::uint32_t minimum,
                                bool cloexec) {
  rst_op op = make(RST_DUP, RST_STAGE_OPEN_FILES);
  op.x = to;
  op.a = from;
  op.b = cloexec ? 1 : 0;
  op.c = minimum;
  return op;
}

[[nodiscard]] inline rst_op unshare(std::uint64_t flags, rst_stage stage) {
  rst_op op = make(RST_UNSHARE, stage);
  op.a = flags;
  return op;
}

[[nodiscard]] inline rst_op wait(std::uint32_t event, std::uint64_t count, rst_stage stage) {
  rst_op op = make(RST_WAIT, stage);
  op.x = event;
  op.a = count;
  return op;
}

[[nodiscard]] inline rst_op post(std::uint32_t event, rst_stage stage) {
  rst_op op = make(RST_POST, stage);
  op.x = event;
  return op;
}

}  // namespace rb::ops
