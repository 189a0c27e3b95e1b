// Credentials and resource limits.
#include <fmt/format.h>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

constexpr std::uint64_t kMaxId = UINT32_MAX - 1;           // -1 is no user or group
constexpr std::uint64_t kCapabilities = (1ull << 41) - 1;  // CAP_LAST_CAP is 40
constexpr std::uint64_t kSecureBits = 0xff;                // linux/securebits.h
constexpr std::uint64_t kResources = 16;                   // RLIM_NLIMITS
constexpr std::uint64_t kPersonality = 0x0fffffff;         // linux/personality.h

Status check_ids(const At& at, const rbi_credentials& record) {
  RB_TRY(at.within("uid", record.uid, 0, kMaxId));
  RB_TRY(at.within("euid", record.euid, 0, kMaxId));
  RB_TRY(at.within("suid", record.suid, 0, kMaxId));
  RB_TRY(at.within("fsuid", record.fsuid, 0, kMaxId));
  RB_TRY(at.within("gid", record.gid, 0, kMaxId));
  RB_TRY(at.within("egid", record.egid, 0, kMaxId));
  RB_TRY(at.within("sgid", record.sgid, 0, kMaxId));
  return at.within("fsgid", record.fsgid, 0, kMaxId);
}

/// cap_capset() in security/commoncap.c: effective within permitted; and
/// cap_ambient_invariant_ok() of include/linux/cred.h.
Status check_capabilities(const At& at, const rbi_credentials& record) {
  RB_TRY(at.bits("inheritable", record.inheritable, kCapabilities));
  RB_TRY(at.bits("permitted", record.permitted, kCapabilities));
  RB_TRY(at.bits("effective", record.effective, record.permitted));
  RB_TRY(at.bits("bounding", record.bounding, kCapabilities));
  return at.bits("ambient", record.ambient, record.permitted & record.inheritable);
}

Status check_record(const View& view, std::size_t i, const rbi_credentials& record) {
  const At at(view, RBI_SEC_CREDENTIALS, i);
  RB_TRY(check_ids(at, record));
  RB_TRY(at.bits("securebits", record.securebits, kSecureBits));
  RB_TRY(at.bits("flags", record.flags, RBI_CREDENTIALS_NO_NEW_PRIVS));
  RB_TRY(at.bits("personality", record.personality, kPersonality));
  RB_TRY(at.within("death_signal", record.death_signal, 0, RBI_NR_SIGNALS));
  RB_TRY(check_capabilities(at, record));
  const auto gids = view.table<rbi_gid>(RBI_SEC_GIDS);
  const std::size_t first = record.gid_first;
  for (std::size_t k = first; k < first + record.gid_count; ++k) {
    const At gid(view, RBI_SEC_GIDS, k);
    RB_TRY(gid.within("gid", gids[k].gid, 0, kMaxId));
    RB_TRY(gid.require(k == first || gids[k].gid >= gids[k - 1].gid, "gid",
                       "must not lie below the one before it"));
  }
  return {};
}

Status check_limit(const View& view, std::size_t i, const rbi_limit& limit,
                   const rbi_limit* before) {
  const At at(view, RBI_SEC_LIMITS, i);
  RB_TRY(at.within("resource", limit.resource, 0, kResources - 1));
  if (before != nullptr && limit.resource <= before->resource) {
    return at.refuse("resource",
                     fmt::format("must lie above {}, the one before it", before->resource));
  }
  RB_TRY(at.zero("reserved", limit.reserved));
  return at.require(limit.soft <= limit.hard, "soft",
                    fmt::format("must be at most hard {:#x}", limit.hard));
}

}  // namespace

Status check_credentials(const View& view) {
  const auto records = view.table<rbi_credentials>(RBI_SEC_CREDENTIALS);
  for (std::size_t i = 0; i < records.size(); ++i) RB_TRY(check_record(view, i, records[i]));
  std::vector<bool> used(records.size());
  for (const rbi_task& task : view.table<rbi_task>(RBI_SEC_TASKS)) {
    if (task.credentials == RBI_NONE) continue;
    used[task.credentials] = true;
    // Its parent is whoever restarts the tree.
    RB_TRY(At(view, RBI_SEC_CREDENTIALS, task.credentials)
               .require(task.group != 0 || records[task.credentials].death_signal == 0,
                        "death_signal", "must be zero for the root"));
  }
  RB_TRY(require_all_used(RBI_SEC_CREDENTIALS, used, "a task"));

  const auto limits = view.table<rbi_limit>(RBI_SEC_LIMITS);
  for (const rbi_group& group : view.table<rbi_group>(RBI_SEC_GROUPS)) {
    const std::size_t first = group.limit_first;
    for (std::size_t i = first; i < first + group.limit_count; ++i) {
      RB_TRY(check_limit(view, i, limits[i], i == first ? nullptr : &limits[i - 1]));
    }
  }
  return {};
}

}  // namespace rb::validation
