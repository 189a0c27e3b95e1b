// Pipes and the descriptions of their ends.
#include <fmt/format.h>

#include <bit>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

constexpr std::uint64_t kMaxCapacity = 1u << 20;  // default of fs.pipe-max-size, pipe(7)

Status check_pipe(const View& view, std::size_t i, const rbi_pipe& pipe) {
  const At at(view, RBI_SEC_PIPES, i);
  RB_TRY(at.require(std::has_single_bit(pipe.capacity) && pipe.capacity >= RBI_PAGE_SIZE &&
                        pipe.capacity <= kMaxCapacity,
                    "capacity", "must be a power of two from 4096 to 1048576"));
  return at.require(pipe.data_size <= pipe.capacity, "data_size",
                    fmt::format("must be at most capacity {}", pipe.capacity));
}

}  // namespace

/// An end can have several descriptions only by opening it through /proc; an
/// image has no way to say so, and none are restored. A FIFO can be opened any
/// number of times, by one path.
Status check_pipes(const View& view) {
  const auto pipes = view.table<rbi_pipe>(RBI_SEC_PIPES);
  const auto ofds = view.table<rbi_ofd>(RBI_SEC_OFDS);
  for (std::size_t i = 0; i < pipes.size(); ++i) RB_TRY(check_pipe(view, i, pipes[i]));

  constexpr std::size_t kKinds = 3;
  std::vector<__u32> first[kKinds];  // description of a pipe by kind: read end, write end, FIFO
  for (auto& of_kind : first) of_kind.assign(pipes.size(), RBI_NONE);
  std::vector<bool> used(pipes.size());
  for (std::size_t i = 0; i < ofds.size(); ++i) {
    const __u32 kind = ofds[i].kind;
    if (kind != RBI_OFD_PIPE_READ && kind != RBI_OFD_PIPE_WRITE && kind != RBI_OFD_FIFO) continue;
    const At at(view, RBI_SEC_OFDS, i);
    const __u32 pipe = ofds[i].object;
    __u32& end = first[kind == RBI_OFD_FIFO ? 2 : kind - RBI_OFD_PIPE_READ][pipe];
    if (end == RBI_NONE) {
      end = static_cast<__u32>(i);
    } else if (kind != RBI_OFD_FIFO) {
      return at.refuse("object", fmt::format("must have one description of each end, ofds[{}] is "
                                             "one of the same end",
                                             end));
    } else if (ofds[end].path != ofds[i].path) {
      return at.refuse("path", fmt::format("must be {}, that of ofds[{}] on the same FIFO",
                                           ofds[end].path, end));
    }
    used[pipe] = true;
    RB_TRY(at.require(
        first[2][pipe] == RBI_NONE || (first[0][pipe] == RBI_NONE && first[1][pipe] == RBI_NONE),
        "object", "must not be both a FIFO and a pipe without a path"));
  }
  return require_all_used(RBI_SEC_PIPES, used, "an open file description");
}

}  // namespace rb::validation
