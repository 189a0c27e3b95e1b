// What prctl(PR_SET_MM_MAP) sets: executable, segments, auxiliary vector.
#include <elf.h>
#include <fmt/format.h>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

/// Entries that mm->saved_auxv holds, the final AT_NULL included:
/// AT_VECTOR_SIZE / 2 of linux/auxvec.h, 2 * (3 + 20 + 1) words since 5.14.
constexpr std::uint64_t kMaxAuxv = 24;

struct Address {
  std::string_view name;
  __u64 rbi_mm::*value;
};
constexpr Address kAddresses[] = {
    {"start_code", &rbi_mm::start_code},   {"end_code", &rbi_mm::end_code},
    {"start_data", &rbi_mm::start_data},   {"end_data", &rbi_mm::end_data},
    {"start_brk", &rbi_mm::start_brk},     {"brk", &rbi_mm::brk},
    {"start_stack", &rbi_mm::start_stack}, {"arg_start", &rbi_mm::arg_start},
    {"arg_end", &rbi_mm::arg_end},         {"env_start", &rbi_mm::env_start},
    {"env_end", &rbi_mm::env_end},
};

/// The rules of validate_prctl_map_addr(), kernel/sys.c.
Status check_addresses(const At& at, const rbi_mm& mm) {
  for (const Address& address : kAddresses) {
    RB_TRY(at.user_address(address.name, mm.*address.value));
  }
  const auto ordered = [&](std::string_view field, __u64 end, __u64 start) -> Status {
    if (end >= start) return {};
    return at.refuse(field, fmt::format("must not lie below its start {:#x}", start));
  };
  if (mm.end_code <= mm.start_code) {
    return at.refuse("end_code", fmt::format("must lie above start_code {:#x}", mm.start_code));
  }
  RB_TRY(ordered("end_data", mm.end_data, mm.start_data));
  RB_TRY(ordered("brk", mm.brk, mm.start_brk));
  RB_TRY(ordered("arg_end", mm.arg_end, mm.arg_start));
  return ordered("env_end", mm.env_end, mm.env_start);
}

Status check_auxv(const View& view, const At& at, const rbi_mm& mm) {
  if (mm.auxv_count == 0) return {};
  RB_TRY(at.require(mm.auxv_count <= kMaxAuxv, "auxv_count",
                    fmt::format("must be at most {}, what the kernel keeps", kMaxAuxv)));
  const std::size_t last = mm.auxv_first + mm.auxv_count - std::size_t{1};
  const auto auxv = view.table<rbi_auxv>(RBI_SEC_AUXV);
  for (std::size_t i = mm.auxv_first; i < last; ++i) {
    RB_TRY(At(view, RBI_SEC_AUXV, i)
               .require(auxv[i].type != AT_NULL, "type", "AT_NULL must be the last of its mm"));
  }
  return At(view, RBI_SEC_AUXV, last)
      .require(auxv[last].type == AT_NULL, "type", "must be AT_NULL (0), as the last of its mm");
}

Status check_mm(const View& view, std::size_t i, const rbi_mm& mm) {
  const At at(view, RBI_SEC_MMS, i);
  RB_TRY(at.bits("flags", mm.flags, RBI_MM_ALL_FLAGS));
  RB_TRY(at.require((mm.flags & (RBI_MM_LOCK_FUTURE | RBI_MM_LOCK_ONFAULT)) != RBI_MM_LOCK_ONFAULT,
                    "flags", "must have RBI_MM_LOCK_FUTURE (0x8) with RBI_MM_LOCK_ONFAULT (0x10)"));
  if (mm.exe != RBI_NONE) RB_TRY(at.path("exe", mm.exe));
  RB_TRY(check_auxv(view, at, mm));
  if ((mm.flags & RBI_MM_LAYOUT) != 0) return check_addresses(at, mm);
  for (const Address& address : kAddresses) {
    RB_TRY(at.require(mm.*address.value == 0, address.name, "must be zero without RBI_MM_LAYOUT"));
  }
  return {};
}

}  // namespace

Status check_mm_layouts(const View& view) {
  const auto mms = view.table<rbi_mm>(RBI_SEC_MMS);
  for (std::size_t i = 0; i < mms.size(); ++i) RB_TRY(check_mm(view, i, mms[i]));
  return {};
}

}  // namespace rb::validation
