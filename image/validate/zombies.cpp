// Processes that have ended and were not waited for.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

/// An exit code in the second byte, or the number of a signal: wait(2). That it
/// dumped core is not restored, and stopped it is not a zombie.
constexpr bool is_status(std::uint64_t status) {
  if ((status & 0x7f) == 0) return status <= 0xff00 && (status & 0xff) == 0;
  return status <= RBI_NR_SIGNALS;
}

Status check_name(const At& at, const char* name) {
  const char* end = name + RBI_NAME_LEN;
  const char* nul = std::find(name, end, '\0');
  return at.require(nul != end && std::all_of(nul, end, [](char c) { return c == '\0'; }), "name",
                    "must end with NUL and be padded with it");
}

Status check_zombie(const View& view, std::size_t i, const rbi_zombie& zombie) {
  const At at(view, RBI_SEC_ZOMBIES, i);
  RB_TRY(at.within("pid", zombie.pid, kPidMin, kPidMax));
  RB_TRY(at.index("parent", zombie.parent, RBI_SEC_GROUPS));
  const rbi_group& parent = view.table<rbi_group>(RBI_SEC_GROUPS)[zombie.parent];
  if (zombie.sid != zombie.pid && zombie.sid != parent.sid) {
    return at.refuse("sid", fmt::format("must be {}, its parent's, or its pid", parent.sid));
  }
  const bool leads = zombie.sid == zombie.pid;
  if (zombie.pgid != zombie.pid && (leads || zombie.pgid != parent.pgid)) {
    return at.refuse("pgid",
                     leads ? "must be its pid: a session leader leads its group"
                           : fmt::format("must be {}, its parent's, or its pid", parent.pgid));
  }
  RB_TRY(at.within("exit_signal", zombie.exit_signal, 0, RBI_NR_SIGNALS));
  RB_TRY(at.require(is_status(zombie.status), "status",
                    "must be an exit code times 256, or a signal: wait(2)"));
  return check_name(at, zombie.name);
}

}  // namespace

Status check_zombies(const View& view) {
  const auto zombies = view.table<rbi_zombie>(RBI_SEC_ZOMBIES);
  if (zombies.empty()) return {};
  for (std::size_t i = 0; i < zombies.size(); ++i) RB_TRY(check_zombie(view, i, zombies[i]));
  std::vector<__u32> taken;  // as pid, session or process group
  for (const rbi_task& task : view.table<rbi_task>(RBI_SEC_TASKS)) taken.push_back(task.pid);
  for (const rbi_group& group : view.table<rbi_group>(RBI_SEC_GROUPS)) {
    taken.push_back(group.pgid);
    taken.push_back(group.sid);
  }
  std::sort(taken.begin(), taken.end());
  std::vector<std::pair<__u32, std::size_t>> pids;
  for (std::size_t i = 0; i < zombies.size(); ++i) {
    RB_TRY(At(view, RBI_SEC_ZOMBIES, i)
               .require(!std::binary_search(taken.begin(), taken.end(), zombies[i].pid), "pid",
                        "must not be a pid, session or process group of a living process"));
    pids.emplace_back(zombies[i].pid, i);
  }
  std::sort(pids.begin(), pids.end());
  const auto twice = std::adjacent_find(
      pids.begin(), pids.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twice == pids.end()) return {};
  return At(view, RBI_SEC_ZOMBIES, std::next(twice)->second)
      .refuse("pid", fmt::format("must be unique, is that of zombies[{}] too", twice->second));
}

}  // namespace rb::validation
