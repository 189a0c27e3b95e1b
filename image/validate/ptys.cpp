// Pseudo-terminals: their descriptions, what is unread, sessions that they control.
#include <fmt/format.h>
#include <termios.h>

#include <algorithm>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

constexpr std::uint64_t kMaxNumber = (1u << 20) - 1;  // NR_UNIX98_PTY_MAX
constexpr std::uint64_t kMaxSize = UINT16_MAX;        // struct winsize
constexpr std::uint64_t kMaxOutput = 1u << 16;        // TTYB_DEFAULT_MEM_LIMIT
constexpr std::uint64_t kMaxId = UINT32_MAX - 1;
constexpr std::uint64_t kPermissions = 0777;

/// What a pty without a master still has.
Status check_hung_up(const At& at, const rbi_pty& pty) {
  RB_TRY(at.require(pty.flags == RBI_PTY_HUNG_UP, "flags", "must have no other than this"));
  RB_TRY(at.zero("sid", pty.sid));
  return at.zero("data_size", pty.data_size);
}

Status check_pty(const View& view, std::size_t i, const rbi_pty& pty) {
  const At at(view, RBI_SEC_PTYS, i);
  RB_TRY(at.within("number", pty.number, 0, kMaxNumber));
  RB_TRY(at.bits("flags", pty.flags, RBI_PTY_ALL_FLAGS));
  RB_TRY(at.within("rows", pty.rows, 0, kMaxSize));
  RB_TRY(at.within("columns", pty.columns, 0, kMaxSize));
  RB_TRY(at.within("width", pty.width, 0, kMaxSize));
  RB_TRY(at.within("height", pty.height, 0, kMaxSize));
  RB_TRY(at.within("uid", pty.uid, 0, kMaxId));
  RB_TRY(at.within("gid", pty.gid, 0, kMaxId));
  RB_TRY(at.bits("mode", pty.mode, kPermissions));
  RB_TRY(at.within("input_size", pty.input_size, 0,
                   std::min<std::uint64_t>(pty.data_size, RBI_PTY_MAX_INPUT)));
  RB_TRY(at.within("data_size", pty.data_size, 0, pty.input_size + kMaxOutput));
  if ((pty.flags & RBI_PTY_HUNG_UP) != 0) RB_TRY(check_hung_up(at, pty));
  return at.require((pty.sid == 0) == (pty.foreground == 0), "foreground",
                    "must be there if, and only if, there is a session");
}

Status check_unique_numbers(const View& view) {
  const auto ptys = view.table<rbi_pty>(RBI_SEC_PTYS);
  std::vector<std::pair<__u32, std::size_t>> numbers;
  for (std::size_t i = 0; i < ptys.size(); ++i) numbers.emplace_back(ptys[i].number, i);
  std::sort(numbers.begin(), numbers.end());
  const auto twice =
      std::adjacent_find(numbers.begin(), numbers.end(),
                         [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twice == numbers.end()) return {};
  return At(view, RBI_SEC_PTYS, std::next(twice)->second)
      .refuse("number", fmt::format("must be unique, is that of ptys[{}] too", twice->second));
}

/// A master can be opened only once; there is none where it was closed.
Status check_ends(const View& view) {
  const auto ptys = view.table<rbi_pty>(RBI_SEC_PTYS);
  const auto ofds = view.table<rbi_ofd>(RBI_SEC_OFDS);
  std::vector<__u32> master(ptys.size(), RBI_NONE);
  std::vector<bool> slave(ptys.size());
  for (std::size_t i = 0; i < ofds.size(); ++i) {
    if (ofds[i].kind == RBI_OFD_PTY_SLAVE) slave[ofds[i].object] = true;
    if (ofds[i].kind != RBI_OFD_PTY_MASTER) continue;
    __u32& known = master[ofds[i].object];
    if (known != RBI_NONE) {
      return At(view, RBI_SEC_OFDS, i)
          .refuse("object", fmt::format("must be its own, is that of ofds[{}] too", known));
    }
    known = static_cast<__u32>(i);
  }
  for (std::size_t i = 0; i < ptys.size(); ++i) {
    const At at(view, RBI_SEC_PTYS, i);
    const bool hung_up = (ptys[i].flags & RBI_PTY_HUNG_UP) != 0;
    RB_TRY(at.require((master[i] == RBI_NONE) == hung_up, "flags",
                      "must have RBI_PTY_HUNG_UP if, and only if, no description is the master"));
    RB_TRY(
        at.require(slave[i] || !hung_up, "flags", "must have a description of a slave if hung up"));
    RB_TRY(at.require(!slave[i] || (ptys[i].flags & RBI_PTY_SLAVE_CLOSED) == 0, "flags",
                      "must not have RBI_PTY_SLAVE_CLOSED with a description of a slave"));
    RB_TRY(at.require(slave[i] || ptys[i].sid == 0, "sid",
                      "must be 0 without a description of a slave"));
  }
  return {};
}

using Pair = std::pair<__u32, __u32>;

/// Process groups with their sessions, in which somebody is; and sessions whose leaders have
/// a terminal. Sorted.
struct Sessions {
  std::vector<Pair> groups;
  std::vector<__u32> led;

  explicit Sessions(const View& view) {
    const auto tasks = view.table<rbi_task>(RBI_SEC_TASKS);
    for (const rbi_group& group : view.table<rbi_group>(RBI_SEC_GROUPS)) {
      groups.emplace_back(group.sid, group.pgid);
      const bool leads = group.sid != 0 && tasks[group.leader].pid == group.sid;
      if (leads && (group.flags & RBI_GROUP_TERMINAL) != 0) led.push_back(group.sid);
    }
    for (const rbi_zombie& zombie : view.table<rbi_zombie>(RBI_SEC_ZOMBIES)) {
      groups.emplace_back(zombie.sid, zombie.pgid);
    }
    std::sort(groups.begin(), groups.end());
    std::sort(led.begin(), led.end());
  }
};

/// tty_jobctrl.c: a session leader takes a terminal that no other session has, and its
/// children are born with it; the foreground process group lies in that session.
Status check_control(const View& view) {
  const Sessions sessions(view);
  const auto ptys = view.table<rbi_pty>(RBI_SEC_PTYS);
  std::vector<Pair> controlled;
  for (std::size_t i = 0; i < ptys.size(); ++i) {
    const rbi_pty& pty = ptys[i];
    if (pty.sid == 0) continue;
    const At at(view, RBI_SEC_PTYS, i);
    RB_TRY(at.require(std::binary_search(sessions.led.begin(), sessions.led.end(), pty.sid), "sid",
                      "must be a session whose leader has RBI_GROUP_TERMINAL"));
    RB_TRY(at.require(std::binary_search(sessions.groups.begin(), sessions.groups.end(),
                                         Pair(pty.sid, pty.foreground)),
                      "foreground", "must be a process group of that session"));
    controlled.emplace_back(pty.sid, static_cast<__u32>(i));
  }
  std::sort(controlled.begin(), controlled.end());
  const auto twice =
      std::adjacent_find(controlled.begin(), controlled.end(),
                         [](const Pair& a, const Pair& b) { return a.first == b.first; });
  if (twice != controlled.end()) {
    return At(view, RBI_SEC_PTYS, std::next(twice)->second)
        .refuse("sid", fmt::format("must have one terminal, has ptys[{}] too", twice->second));
  }
  const auto groups = view.table<rbi_group>(RBI_SEC_GROUPS);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if ((groups[g].flags & RBI_GROUP_TERMINAL) == 0) continue;
    const auto at = std::lower_bound(controlled.begin(), controlled.end(), Pair(groups[g].sid, 0));
    RB_TRY(At(view, RBI_SEC_GROUPS, g)
               .require(at != controlled.end() && at->first == groups[g].sid, "flags",
                        "must not have RBI_GROUP_TERMINAL (0x4) in a session without a terminal"));
  }
  return {};
}

}  // namespace

Status check_ptys(const View& view) {
  const auto ptys = view.table<rbi_pty>(RBI_SEC_PTYS);
  for (std::size_t i = 0; i < ptys.size(); ++i) RB_TRY(check_pty(view, i, ptys[i]));
  RB_TRY(check_unique_numbers(view));
  RB_TRY(check_ends(view));
  return check_control(view);
}

}  // namespace rb::validation
