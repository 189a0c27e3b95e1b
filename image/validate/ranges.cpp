// Ranges of records: each starts where the one before it ended, so none can
// overlap, and no record is left without an owner.
#include <fmt/format.h>

#include <array>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

/// The ranges that the records of one section own in another, one after the
/// other. first and count may have 32 or 64 bits.
class Ranges {
 public:
  Ranges(const View& view, rbi_section owners, std::string_view first, std::string_view count)
      : view_(view),
        owners_(owners),
        first_(field_of(record_type(owners), first)),
        count_(field_of(record_type(owners), count)) {}

  [[nodiscard]] bool done() const { return next_ == view_.count(owners_); }
  [[nodiscard]] rbi_section owners() const { return owners_; }

  /// Takes ranges as long as they continue at position, and moves it to their
  /// end. An empty range may have a first of 0 instead.
  /// @return whether there were any
  [[nodiscard]] Result<bool> advance(std::uint64_t& position, rbi_section target) {
    bool moved = false;
    for (; !done(); ++next_, moved = true) {
      const std::byte* record = view_.record(owners_, next_);
      const std::uint64_t first = field_value(record, first_);
      const std::uint64_t count = field_value(record, count_);
      if (count == 0 && first == 0) continue;
      if (first != position) break;
      const std::uint64_t left = view_.count(target) - position;
      if (count > left) {
        return at().refuse(count_.name, fmt::format("must be at most {}, what {} holds from {} on",
                                                    left, record_type(target).name, position));
      }
      position += count;
    }
    return moved;
  }
  [[nodiscard]] tl::unexpected<Error> refuse_first(std::uint64_t position) const {
    return at().refuse(first_.name,
                       fmt::format("must be {}, where the range before it ended", position));
  }

 private:
  [[nodiscard]] At at() const { return {view_, owners_, next_}; }

  const View& view_;
  rbi_section owners_;
  const Field& first_;
  const Field& count_;
  std::size_t next_ = 0;
};

/// The ranges of all kinds of owners together tile the target section. Each
/// kind is in its own order; between kinds any order will do.
Status check_tiling(const View& view, rbi_section target, std::span<Ranges> all) {
  std::uint64_t position = 0;
  for (bool moved = true; moved;) {
    moved = false;
    for (Ranges& ranges : all) {
      const Result<bool> advanced = ranges.advance(position, target);
      if (!advanced) return tl::unexpected<Error>(advanced.error());
      moved |= *advanced;
    }
  }
  for (const Ranges& ranges : all) {
    if (!ranges.done()) return ranges.refuse_first(position);
  }
  if (position == view.count(target)) return {};
  std::string owners;
  for (const Ranges& ranges : all) {
    owners += owners.empty() ? "" : " or ";
    owners += record_type(ranges.owners()).name;
  }
  return refuse_record(target, position, fmt::format("must belong to one of the {}", owners));
}

}  // namespace

Status check_all_ranges(const View& view) {
  const auto tile = [&](rbi_section target, auto... ranges) {
    std::array all = {ranges...};
    return check_tiling(view, target, all);
  };
  RB_TRY(tile(RBI_SEC_VMAS, Ranges(view, RBI_SEC_MMS, "vma_first", "vma_count")));
  RB_TRY(tile(RBI_SEC_RUNS, Ranges(view, RBI_SEC_MMS, "run_first", "run_count"),
              Ranges(view, RBI_SEC_BACKINGS, "run_first", "run_count")));
  RB_TRY(tile(RBI_SEC_AUXV, Ranges(view, RBI_SEC_MMS, "auxv_first", "auxv_count")));
  RB_TRY(tile(RBI_SEC_FDS, Ranges(view, RBI_SEC_FILES, "fd_first", "fd_count")));
  RB_TRY(tile(RBI_SEC_ACTIONS, Ranges(view, RBI_SEC_SIGHANDS, "action_first", "action_count")));
  RB_TRY(tile(RBI_SEC_PENDING, Ranges(view, RBI_SEC_TASKS, "pending_first", "pending_count"),
              Ranges(view, RBI_SEC_GROUPS, "pending_first", "pending_count")));
  RB_TRY(tile(RBI_SEC_GIDS, Ranges(view, RBI_SEC_CREDENTIALS, "gid_first", "gid_count")));
  RB_TRY(tile(RBI_SEC_LIMITS, Ranges(view, RBI_SEC_GROUPS, "limit_first", "limit_count")));
  RB_TRY(tile(RBI_SEC_TIMERS, Ranges(view, RBI_SEC_GROUPS, "timer_first", "timer_count")));
  return tile(RBI_SEC_BYTES, Ranges(view, RBI_SEC_PIPES, "data", "data_size"),
              Ranges(view, RBI_SEC_PTYS, "data", "data_size"),
              Ranges(view, RBI_SEC_MESSAGES, "data", "size"));
}

}  // namespace rb::validation
