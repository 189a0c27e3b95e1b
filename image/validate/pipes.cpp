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
/// image has no way to say so, and none are restored.
Status check_pipes(const View& view) {
  const auto pipes = view.table<rbi_pipe>(RBI_SEC_PIPES);
  const auto ofds = view.table<rbi_ofd>(RBI_SEC_OFDS);
  for (std::size_t i = 0; i < pipes.size(); ++i) RB_TRY(check_pipe(view, i, pipes[i]));

  std::vector<__u32> readers(pipes.size(), RBI_NONE);
  std::vector<__u32> writers(pipes.size(), RBI_NONE);
  std::vector<bool> used(pipes.size());
  for (std::size_t i = 0; i < ofds.size(); ++i) {
    if (ofds[i].pipe == RBI_NONE) continue;
    __u32& end = (ofds[i].kind == RBI_OFD_PIPE_READ ? readers : writers)[ofds[i].pipe];
    if (end != RBI_NONE) {
      return At(view, RBI_SEC_OFDS, i)
          .refuse("pipe", fmt::format("must have one description of each end, ofds[{}] is one of "
                                      "the same end",
                                      end));
    }
    end = static_cast<__u32>(i);
    used[ofds[i].pipe] = true;
  }
  return require_all_used(RBI_SEC_PIPES, used, "an open file description");
}

}  // namespace rb::validation
