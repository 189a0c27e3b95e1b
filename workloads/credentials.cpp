// Processes as daemons start them: ids and capabilities given up, limits, personality,
// a score for the out-of-memory killer; and children that have ended.
#include <linux/capability.h>
#include <sys/personality.h>
#include <sys/resource.h>

#include <csignal>
#include <cstring>

#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"n", "processes besides the first", 4, 1, 1000, "4,100"},
};

constexpr __u64 capability(unsigned number) { return 1ull << number; }

/// Of three kinds in turn: an ordinary user, root with few capabilities, a user
/// with ambient ones.
rbi_credentials credentials_of(std::uint32_t i) {
  rbi_credentials record{};
  const __u32 id = i % 3 == 1 ? 0 : 1000 + i;
  record.uid = record.euid = record.suid = record.fsuid = id;
  record.gid = record.egid = record.sgid = record.fsgid = id + 100;
  record.bounding = capability(CAP_CHOWN) | capability(CAP_SETUID) | capability(CAP_SETGID) |
                    capability(CAP_NET_BIND_SERVICE);
  if (i % 3 == 0) {
    record.flags = RBI_CREDENTIALS_NO_NEW_PRIVS;
    record.suid = 1;
    record.personality = ADDR_NO_RANDOMIZE;
  } else if (i % 3 == 1) {
    record.permitted = record.effective = capability(CAP_SETUID) | capability(CAP_SETGID);
  } else {
    record.permitted = record.inheritable = record.ambient = capability(CAP_NET_BIND_SERVICE);
    record.securebits = 1u << 4;  // SECBIT_KEEP_CAPS
  }
  return record;
}

void add_attributes(ImageWriter& writer, std::uint32_t i) {
  rbi_group& group = writer.groups[i];
  rbi_credentials record = credentials_of(i);
  record.gid_first = static_cast<__u32>(writer.gids.size());
  record.gid_count = i % 4;
  for (__u32 g = 0; g < record.gid_count; ++g) writer.gids.push_back({2000 + i + g});
  writer.credentials.push_back(record);
  for (rbi_task& task : writer.tasks) {
    if (task.group == i) task.credentials = static_cast<__u32>(writer.credentials.size() - 1);
  }
  group.limit_first = static_cast<__u32>(writer.limits.size());
  group.limit_count = 2;
  writer.limits.push_back({RLIMIT_CORE, 0, 0, 4096 * i});
  writer.limits.push_back({RLIMIT_NOFILE, 0, 256 + i, 512 + i});
  group.flags = RBI_GROUP_OOM_SCORE_ADJ | (i % 2 == 0 ? RBI_GROUP_SUBREAPER : 0u);
  group.oom_score_adj = 100 + static_cast<__s32>(i % 500);
}

/// Ended by itself, or by a signal.
rbi_zombie zombie_of(const ImageWriter& writer, std::uint32_t parent) {
  rbi_zombie zombie{};
  zombie.pid = 100 + static_cast<__u32>(writer.tasks.size()) + parent;
  zombie.parent = parent;
  zombie.pgid = parent % 3 == 0 ? zombie.pid : writer.groups[parent].pgid;
  zombie.sid = writer.groups[parent].sid;
  zombie.exit_signal = SIGCHLD;
  zombie.status = parent % 2 == 0 ? (parent % 250 + 1) << 8 : static_cast<__u32>(SIGKILL);
  std::strcpy(zombie.name, "ended");
  return zombie;
}

Status build(const ParameterValues& values, ImageWriter& writer) {
  SyntheticTree tree("credentials", seed_of(values));
  for (std::int64_t i = 0; i < value_of(values, "n"); ++i) {
    const TaskId child = tree.fork(tree.root());
    if (i % 2 == 0) tree.add_thread(child);
  }
  tree.write(writer);
  for (std::uint32_t i = 0; i < writer.groups.size(); ++i) {
    if (i != 0) add_attributes(writer, i);  // the root has the restorer's
    writer.zombies.push_back(zombie_of(writer, i));
  }
  return {};
}

}  // namespace

const Workload kCredentials = {"credentials",
                               "n processes with ids, capabilities, limits, ended children",
                               kParameters, build};

}  // namespace rb
