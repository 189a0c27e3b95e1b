// Locks of files: ranges, fcntl(2); and who is told of events on descriptions.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

/// Which descriptions a table has descriptors for, as sorted pairs.
std::vector<std::pair<__u32, __u32>> held_descriptions(const View& view) {
  std::vector<std::pair<__u32, __u32>> held;
  const auto fds = view.table<rbi_fd>(RBI_SEC_FDS);
  const auto tables = view.table<rbi_files>(RBI_SEC_FILES);
  for (std::size_t f = 0; f < tables.size(); ++f) {
    for (const rbi_fd& fd : fds.subspan(tables[f].fd_first, tables[f].fd_count)) {
      held.emplace_back(static_cast<__u32>(f), fd.ofd);
    }
  }
  std::sort(held.begin(), held.end());
  return held;
}

/// The processes by pid of their leader, with the table it has.
std::vector<std::pair<__u32, __u32>> tables_by_pid(const View& view) {
  std::vector<std::pair<__u32, __u32>> tables;
  const auto tasks = view.table<rbi_task>(RBI_SEC_TASKS);
  for (const rbi_group& group : view.table<rbi_group>(RBI_SEC_GROUPS)) {
    tables.emplace_back(tasks[group.leader].pid, tasks[group.leader].files);
  }
  std::sort(tables.begin(), tables.end());
  return tables;
}

Status check_range(const At& at, const rbi_lock& lock) {
  RB_TRY(at.within("start", lock.start, 0, kMaxOffset));
  return at.within("length", lock.length, 0, kMaxOffset - lock.start);
}

Status check_lock(const View& view, std::size_t i, const rbi_lock& lock, const rbi_lock* before) {
  const At at(view, RBI_SEC_LOCKS, i);
  RB_TRY(at.index("ofd", lock.ofd, RBI_SEC_OFDS));
  const rbi_ofd& ofd = view.table<rbi_ofd>(RBI_SEC_OFDS)[lock.ofd];
  RB_TRY(at.require(ofd.kind == RBI_OFD_FILE || ofd.kind == RBI_OFD_DELETED, "ofd",
                    "must be a regular file"));
  RB_TRY(at.within("type", lock.type, F_RDLCK, F_WRLCK));
  const __u32 access = ofd.flags & O_ACCMODE;
  RB_TRY(at.require(access == O_RDWR || access == (lock.type == F_RDLCK ? O_RDONLY : O_WRONLY),
                    "type", "must suit the access mode of its description: fcntl(2), EBADF"));
  RB_TRY(check_range(at, lock));
  return at.require(before == nullptr || before->files <= lock.files, "files",
                    "must not lie below that of the lock before it");
}

Status check_owner(const View& view, std::size_t i, const rbi_ofd& ofd,
                   const std::vector<__u32>& pids, const std::vector<__u32>& groups) {
  const At at(view, RBI_SEC_OFDS, i);
  if (ofd.owner >= 0) {
    return at.require(std::binary_search(pids.begin(), pids.end(), static_cast<__u32>(ofd.owner)),
                      "owner", "must be the pid of a process of the image");
  }
  const auto group = static_cast<__u32>(-static_cast<std::int64_t>(ofd.owner));
  return at.require(std::binary_search(groups.begin(), groups.end(), group), "owner",
                    "must be, negated, the process group of a process of the image");
}

}  // namespace

Status check_locks(const View& view) {
  const auto locks = view.table<rbi_lock>(RBI_SEC_LOCKS);
  if (locks.empty()) return {};
  const auto held = held_descriptions(view);
  const auto tables = tables_by_pid(view);
  for (std::size_t i = 0; i < locks.size(); ++i) {
    const rbi_lock& lock = locks[i];
    const At at(view, RBI_SEC_LOCKS, i);
    RB_TRY(check_lock(view, i, lock, i == 0 ? nullptr : &locks[i - 1]));
    if (lock.files == RBI_NONE) {
      RB_TRY(at.zero("pid", lock.pid));
      continue;
    }
    RB_TRY(at.index("files", lock.files, RBI_SEC_FILES));
    RB_TRY(at.require(std::binary_search(held.begin(), held.end(), std::pair(lock.files, lock.ofd)),
                      "ofd", "must be one that the table has a descriptor for"));
    RB_TRY(at.require(
        std::binary_search(tables.begin(), tables.end(), std::pair(lock.pid, lock.files)), "pid",
        "must be that of a process whose leader has the table"));
  }
  return {};
}

Status check_owners(const View& view) {
  const auto ofds = view.table<rbi_ofd>(RBI_SEC_OFDS);
  if (std::none_of(ofds.begin(), ofds.end(), [](const rbi_ofd& o) { return o.owner != 0; })) {
    return {};
  }
  std::vector<__u32> pids;
  std::vector<__u32> groups;
  for (const rbi_group& group : view.table<rbi_group>(RBI_SEC_GROUPS)) {
    pids.push_back(view.table<rbi_task>(RBI_SEC_TASKS)[group.leader].pid);
    if (group.pgid != 0) groups.push_back(group.pgid);
  }
  std::sort(pids.begin(), pids.end());
  std::sort(groups.begin(), groups.end());
  for (std::size_t i = 0; i < ofds.size(); ++i) {
    if (ofds[i].owner != 0) RB_TRY(check_owner(view, i, ofds[i], pids, groups));
  }
  return {};
}

}  // namespace rb::validation
