// Sessions and process groups, by the rules of setsid(2) and setpgid(2):
//
// - A session leader leads a process group of the same number, and can leave
//   neither: setsid and setpgid fail for it with EPERM.
// - A process group lies in one session.
// - A number in use as session or process group is not given to a new task, so
//   a task that has it as its pid is the very process that founded it; it is
//   still in the session that it founded, and a founder of a process group is
//   still in that group's session, as setsid fails while the group exists.
#include <fmt/format.h>

#include <algorithm>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

/// A process group or session that some thread group is in.
struct Membership {
  __u32 id;
  __u32 sid;
  __u32 group;
  bool operator<(const Membership& other) const { return id < other.id; }
};

class Sessions {
 public:
  explicit Sessions(const View& view)
      : view_(view),
        tasks_(view.table<rbi_task>(RBI_SEC_TASKS)),
        groups_(view.table<rbi_group>(RBI_SEC_GROUPS)) {
    for (std::uint32_t i = 0; i < tasks_.size(); ++i) by_pid_.emplace_back(tasks_[i].pid, i);
    std::sort(by_pid_.begin(), by_pid_.end());
    for (std::uint32_t g = 0; g < groups_.size(); ++g) {
      if (groups_[g].sid != 0) sids_.push_back(groups_[g].sid);
    }
    std::sort(sids_.begin(), sids_.end());
  }

  [[nodiscard]] Status check() const {
    for (std::uint32_t g = 0; g < groups_.size(); ++g) RB_TRY(check_group(g));
    return check_one_session_each();
  }

 private:
  /// The task with that pid, or nullptr.
  [[nodiscard]] const rbi_task* find(__u32 pid) const {
    const auto at = std::lower_bound(by_pid_.begin(), by_pid_.end(), std::pair(pid, 0u));
    return at != by_pid_.end() && at->first == pid ? &tasks_[at->second] : nullptr;
  }
  [[nodiscard]] bool is_leader(const rbi_task& task) const {
    return &tasks_[groups_[task.group].leader] == &task;
  }

  [[nodiscard]] Status check_group(std::uint32_t g) const {
    const rbi_group& group = groups_[g];
    const At at(view_, RBI_SEC_GROUPS, g);
    if (group.pgid == 0) {
      return at.require(group.sid == 0, "sid",
                        "must be 0, as the restarter's process group (pgid 0) is in its session");
    }
    const __u32 pid = tasks_[group.leader].pid;
    if (group.sid == pid && group.pgid != pid) {
      return at.refuse("pgid", fmt::format("must be {}: a session leader leads its group", pid));
    }
    if (group.sid != 0) RB_TRY(check_session_founder(at, group));
    RB_TRY(check_group_founder(at, group));
    if (group.pgid != group.sid && std::binary_search(sids_.begin(), sids_.end(), group.pgid)) {
      return at.refuse("pgid", fmt::format("is a session's number, so sid must be {0} too, not {1}",
                                           group.pgid, group.sid));
    }
    return {};
  }

  [[nodiscard]] Status check_session_founder(const At& at, const rbi_group& group) const {
    const rbi_task* founder = find(group.sid);
    if (founder == nullptr) return {};
    if (!is_leader(*founder)) return at.refuse("sid", "is the pid of a thread that is no leader");
    return at.require(groups_[founder->group].sid == group.sid, "sid",
                      "is the pid of a process that is not in this session");
  }

  [[nodiscard]] Status check_group_founder(const At& at, const rbi_group& group) const {
    const rbi_task* founder = find(group.pgid);
    if (founder == nullptr) return {};
    if (!is_leader(*founder)) return at.refuse("pgid", "is the pid of a thread that is no leader");
    return at.require(groups_[founder->group].sid == group.sid, "pgid",
                      "is the pid of a process in another session");
  }

  [[nodiscard]] Status check_one_session_each() const {
    std::vector<Membership> members;
    for (std::uint32_t g = 0; g < groups_.size(); ++g) {
      if (groups_[g].pgid != 0) members.push_back({groups_[g].pgid, groups_[g].sid, g});
    }
    std::stable_sort(members.begin(), members.end());
    const auto split = std::adjacent_find(
        members.begin(), members.end(),
        [](const Membership& a, const Membership& b) { return a.id == b.id && a.sid != b.sid; });
    if (split == members.end()) return {};
    return At(view_, RBI_SEC_GROUPS, std::next(split)->group)
        .refuse("sid", fmt::format("must be {}, that of groups[{}] in the same process group",
                                   split->sid, split->group));
  }

  const View& view_;
  std::span<const rbi_task> tasks_;
  std::span<const rbi_group> groups_;
  std::vector<std::pair<__u32, std::uint32_t>> by_pid_;
  std::vector<__u32> sids_;
};

}  // namespace

Status check_sessions(const View& view) { return Sessions(view).check(); }

}  // namespace rb::validation
