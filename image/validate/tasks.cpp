// Tasks and thread groups, each record for itself.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <utility>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

constexpr std::uint64_t kRobustListHead = 24;  // struct robust_list_head, linux/futex.h
constexpr std::uint64_t kRseqMin = 32;         // ORIG_RSEQ_SIZE, kernel/rseq.c
constexpr std::uint64_t kRseqMax = RBI_PAGE_SIZE;
constexpr std::uint64_t kAutoDisarm = 1u << 31;        // SS_AUTODISARM, linux/signal.h
constexpr std::uint64_t kMinStack = 2048;              // MINSIGSTKSZ, asm/signal.h
constexpr std::uint64_t kMaxTimer = INT64_MAX / 1000;  // ktime_t: signed 64-bit ns

Status check_name(const At& at, const rbi_task& task) {
  const char* end = task.name + RBI_NAME_LEN;
  const char* nul = std::find(task.name, end, '\0');
  RB_TRY(at.require(nul != end, "name", "must end with NUL"));
  return at.require(std::all_of(nul, end, [](char c) { return c == '\0'; }), "name",
                    "must be padded with NUL");
}

/// What get_robust_list(2), set_tid_address(2) and rseq(2) know of.
Status check_registrations(const At& at, const rbi_task& task) {
  if (task.robust_list_len == 0) {
    RB_TRY(at.require(task.robust_list == 0, "robust_list", "must be zero without a length"));
  } else {
    RB_TRY(at.require(task.robust_list_len == kRobustListHead, "robust_list_len",
                      "must be 0 or 24, the size of struct robust_list_head"));
    RB_TRY(at.user_address("robust_list", task.robust_list));
  }
  if (task.clear_child_tid != 0) {
    RB_TRY(at.user_address("clear_child_tid", task.clear_child_tid));
  }
  if (task.rseq == 0) {
    RB_TRY(at.require(task.rseq_len == 0, "rseq_len", "must be zero without rseq"));
    return at.require(task.rseq_sig == 0, "rseq_sig", "must be zero without rseq");
  }
  RB_TRY(at.user_address("rseq", task.rseq));
  RB_TRY(at.require(task.rseq % 32 == 0, "rseq", "must be a multiple of 32"));
  return at.within("rseq_len", task.rseq_len, kRseqMin, kRseqMax);
}

Status check_altstack(const At& at, const rbi_task& task) {
  if (task.altstack_size == 0) {
    RB_TRY(at.require(task.altstack_sp == 0, "altstack_sp", "must be zero without a size"));
    return at.require(task.altstack_flags == SS_DISABLE, "altstack_flags",
                      "must be SS_DISABLE (0x2) without a size");
  }
  RB_TRY(at.user_address("altstack_sp", task.altstack_sp));
  RB_TRY(at.within("altstack_size", task.altstack_size, kMinStack, kUserEnd - task.altstack_sp));
  return at.bits("altstack_flags", task.altstack_flags, kAutoDisarm);
}

Status check_task(const View& view, std::size_t i, const rbi_task& task) {
  const At at(view, RBI_SEC_TASKS, i);
  RB_TRY(at.within("pid", task.pid, kPidMin, kPidMax));
  RB_TRY(at.index("group", task.group, RBI_SEC_GROUPS));
  RB_TRY(at.index("mm", task.mm, RBI_SEC_MMS));
  RB_TRY(at.index("files", task.files, RBI_SEC_FILES));
  RB_TRY(at.index("fs", task.fs, RBI_SEC_FS));
  RB_TRY(at.index("sighand", task.sighand, RBI_SEC_SIGHANDS));
  RB_TRY(at.index("registers", task.registers, RBI_SEC_REGISTERS));
  RB_TRY(at.mask("blocked", task.blocked));
  RB_TRY(check_registrations(at, task));
  RB_TRY(check_altstack(at, task));
  if (task.credentials != RBI_NONE) {
    RB_TRY(at.index("credentials", task.credentials, RBI_SEC_CREDENTIALS));
  }
  return check_name(at, task);
}

Status check_unique_pids(const View& view) {
  const auto tasks = view.table<rbi_task>(RBI_SEC_TASKS);
  std::vector<std::pair<__u32, std::size_t>> pids;
  pids.reserve(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) pids.emplace_back(tasks[i].pid, i);
  std::sort(pids.begin(), pids.end());
  const auto twice = std::adjacent_find(
      pids.begin(), pids.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twice == pids.end()) return {};
  return At(view, RBI_SEC_TASKS, std::next(twice)->second)
      .refuse("pid", fmt::format("must be unique, is that of tasks[{}] too", twice->second));
}

Status check_timer(const At& at, const rbi_itimer& timer, std::string_view interval,
                   std::string_view value) {
  RB_TRY(at.within(interval, timer.interval, 0, kMaxTimer));
  return at.within(value, timer.value, 0, kMaxTimer);
}

constexpr std::int32_t kMaxOomScoreAdj = 1000;  // OOM_SCORE_ADJ_MAX, linux/oom.h

Status check_oom_score(const At& at, const rbi_group& group) {
  if ((group.flags & RBI_GROUP_OOM_SCORE_ADJ) == 0) {
    return at.require(group.oom_score_adj == 0, "oom_score_adj",
                      "must be zero without RBI_GROUP_OOM_SCORE_ADJ");
  }
  return at.require(
      group.oom_score_adj >= -kMaxOomScoreAdj && group.oom_score_adj <= kMaxOomScoreAdj,
      "oom_score_adj", "must be -1000 to 1000");
}

Status check_group(const View& view, std::size_t i, const rbi_group& group) {
  const At at(view, RBI_SEC_GROUPS, i);
  RB_TRY(at.index("leader", group.leader, RBI_SEC_TASKS));
  if (i == 0) {
    RB_TRY(at.require(group.parent == RBI_NONE, "parent", "must be none for the root"));
    RB_TRY(at.require(group.leader == 0, "leader", "must be task 0 for the root"));
  } else if (group.parent >= i) {
    return at.refuse("parent", fmt::format("must be below {}, the group's own number", i));
  }
  if (group.pgid != 0) RB_TRY(at.within("pgid", group.pgid, kPidMin, kPidMax));
  if (group.sid != 0) RB_TRY(at.within("sid", group.sid, kPidMin, kPidMax));
  RB_TRY(at.within("exit_signal", group.exit_signal, 0, RBI_NR_SIGNALS));
  RB_TRY(at.bits("flags", group.flags, RBI_GROUP_ALL_FLAGS));
  RB_TRY(check_oom_score(at, group));
  RB_TRY(at.zero("reserved", group.reserved));
  RB_TRY(check_timer(at, group.itimers[0], "itimers[0].interval", "itimers[0].value"));
  RB_TRY(check_timer(at, group.itimers[1], "itimers[1].interval", "itimers[1].value"));
  return check_timer(at, group.itimers[2], "itimers[2].interval", "itimers[2].value");
}

}  // namespace

Status check_tasks(const View& view) {
  const auto tasks = view.table<rbi_task>(RBI_SEC_TASKS);
  if (tasks.empty()) return fail(ErrorKind::kBadImage, "tasks: must hold at least one task");
  for (std::size_t i = 0; i < tasks.size(); ++i) RB_TRY(check_task(view, i, tasks[i]));
  return check_unique_pids(view);
}

Status check_groups(const View& view) {
  const auto groups = view.table<rbi_group>(RBI_SEC_GROUPS);
  for (std::size_t i = 0; i < groups.size(); ++i) RB_TRY(check_group(view, i, groups[i]));
  return {};
}

}  // namespace rb::validation
