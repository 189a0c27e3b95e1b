// How tasks hang together: thread groups, and objects that tasks share.
#include <fmt/format.h>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

/// CLONE_THREAD needs CLONE_SIGHAND, which needs CLONE_VM: clone(2).
Status check_thread(const View& view, std::size_t i) {
  const auto tasks = view.table<rbi_task>(RBI_SEC_TASKS);
  const At at(view, RBI_SEC_TASKS, i);
  const std::size_t leader = view.table<rbi_group>(RBI_SEC_GROUPS)[tasks[i].group].leader;
  if (i < leader) {
    return at.refuse("group", fmt::format("a thread must follow its leader, tasks[{}]", leader));
  }
  if (tasks[i].mm != tasks[leader].mm) {
    return at.refuse("mm", fmt::format("must be {}, that of its thread group's leader tasks[{}]",
                                       tasks[leader].mm, leader));
  }
  if (tasks[i].sighand != tasks[leader].sighand) {
    return at.refuse("sighand",
                     fmt::format("must be {}, that of its thread group's leader tasks[{}]",
                                 tasks[leader].sighand, leader));
  }
  return {};
}

Status check_leaders(const View& view) {
  const auto tasks = view.table<rbi_task>(RBI_SEC_TASKS);
  const auto groups = view.table<rbi_group>(RBI_SEC_GROUPS);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const __u32 of = tasks[groups[g].leader].group;
    if (of == g) continue;
    return At(view, RBI_SEC_GROUPS, g)
        .refuse("leader", fmt::format("must be a task of this group, is one of groups[{}]", of));
  }
  return {};
}

/// Tasks that share a sighand share their mm.
Status check_sighands(const View& view) {
  const auto tasks = view.table<rbi_task>(RBI_SEC_TASKS);
  std::vector<__u32> first_user(view.count(RBI_SEC_SIGHANDS), RBI_NONE);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    __u32& first = first_user[tasks[i].sighand];
    if (first == RBI_NONE) first = static_cast<__u32>(i);
    if (tasks[i].mm == tasks[first].mm) continue;
    return At(view, RBI_SEC_TASKS, i)
        .refuse("mm", fmt::format("must be {}, that of tasks[{}], which has the same sighand",
                                  tasks[first].mm, first));
  }
  return {};
}

/// Registers are a task's own.
Status check_registers_own(const View& view) {
  const auto tasks = view.table<rbi_task>(RBI_SEC_TASKS);
  std::vector<__u32> user(view.count(RBI_SEC_REGISTERS), RBI_NONE);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    __u32& owner = user[tasks[i].registers];
    if (owner != RBI_NONE) {
      return At(view, RBI_SEC_TASKS, i)
          .refuse("registers", fmt::format("must be its own, is that of tasks[{}] too", owner));
    }
    owner = static_cast<__u32>(i);
  }
  return {};
}

Status check_all_used(const View& view) {
  std::vector<bool> mms(view.count(RBI_SEC_MMS));
  std::vector<bool> files(view.count(RBI_SEC_FILES));
  std::vector<bool> fs(view.count(RBI_SEC_FS));
  std::vector<bool> sighands(view.count(RBI_SEC_SIGHANDS));
  std::vector<bool> registers(view.count(RBI_SEC_REGISTERS));
  for (const rbi_task& task : view.table<rbi_task>(RBI_SEC_TASKS)) {
    mms[task.mm] = true;
    files[task.files] = true;
    fs[task.fs] = true;
    sighands[task.sighand] = true;
    registers[task.registers] = true;
  }
  RB_TRY(require_all_used(RBI_SEC_MMS, mms, "a task"));
  RB_TRY(require_all_used(RBI_SEC_FILES, files, "a task"));
  RB_TRY(require_all_used(RBI_SEC_FS, fs, "a task"));
  RB_TRY(require_all_used(RBI_SEC_SIGHANDS, sighands, "a task"));
  return require_all_used(RBI_SEC_REGISTERS, registers, "a task");
}

}  // namespace

Status check_tree(const View& view) {
  RB_TRY(check_leaders(view));
  for (std::size_t i = 0; i < view.count(RBI_SEC_TASKS); ++i) RB_TRY(check_thread(view, i));
  RB_TRY(check_sighands(view));
  RB_TRY(check_registers_own(view));
  return check_all_used(view);
}

}  // namespace rb::validation
