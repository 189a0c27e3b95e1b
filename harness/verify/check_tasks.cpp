#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

#include "harness/verify/check_special.h"
#include "harness/verify/checks.h"
#include "harness/verify/proc_files.h"

namespace rb {
namespace {

/// Numbers of fields in proc_pid_stat(5).
enum StatField { kParent = 4, kProcessGroup = 5, kSession = 6, kTerminal = 7, kExitSignal = 38 };

/// Thread groups that belong to the tree: with a namespace of its own all but
/// the coordinator and the verifier, else the coordinator's descendants.
Result<std::vector<std::uint32_t>> groups_in_tree(const Inspection& inspection) {
  const auto all = list_numbers("/proc");
  if (!all) return fail_errno("cannot list /proc", all.error());
  const auto self = static_cast<std::uint32_t>(::getpid());
  const std::uint32_t coordinator = inspection.access.outside_pid;
  std::vector<std::uint32_t> found;
  if (inspection.access.own_namespace) {
    std::copy_if(all->begin(), all->end(), std::back_inserter(found),
                 [&](std::uint32_t pid) { return pid != self && pid != coordinator; });
    return found;
  }
  std::unordered_multimap<std::uint32_t, std::uint32_t> children;
  for (const std::uint32_t pid : *all) {
    const auto text = read_whole_file(fmt::format("/proc/{}/task/{}/stat", pid, pid));
    const auto stat = text ? parse_stat(*text) : std::nullopt;
    if (stat && pid != self) children.emplace(stat->field[kParent], pid);
  }
  std::vector<std::uint32_t> waiting{coordinator};
  while (!waiting.empty()) {
    const std::uint32_t parent = waiting.back();
    waiting.pop_back();
    const auto [first, last] = children.equal_range(parent);
    for (auto child = first; child != last; ++child) {
      found.push_back(child->second);
      waiting.push_back(child->second);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// What a task that the image does not have is, for the message.
std::string describe_stranger(std::uint32_t leader, std::uint32_t pid) {
  const auto text = read_whole_file(fmt::format("/proc/{}/task/{}/stat", leader, pid));
  const auto stat = text ? parse_stat(*text) : std::nullopt;
  if (!stat) return fmt::format("pid {}, gone again", pid);
  return fmt::format("pid {}, {}, state {}, parent {}", pid, stat->comm, stat->state,
                     stat->field[kParent]);
}

void check_groups_exist(Inspection& inspection, const std::vector<std::uint32_t>& found) {
  const Image& image = inspection.image;
  std::unordered_set<std::uint32_t> expected;
  for (const rbi_group& group : image.groups()) {
    expected.insert(inspection.pid(group.leader));
    if (!std::binary_search(found.begin(), found.end(), inspection.pid(group.leader))) {
      inspection.findings.add("{}: does not exist", inspection.name(group.leader));
    }
  }
  for (const rbi_zombie& zombie : image.zombies()) expected.insert(zombie.pid);
  for (const std::uint32_t pid : found) {
    if (!expected.contains(pid)) {
      inspection.findings.add("a process that the image does not have: {}",
                              describe_stranger(pid, pid));
    }
  }
}

/// Compares each group's threads; marks the tasks that are there as present.
Status check_threads(Inspection& inspection) {
  const auto tasks = inspection.image.tasks();
  std::vector<std::vector<std::uint32_t>> expected(inspection.image.groups().size());
  std::unordered_map<std::uint32_t, std::uint32_t> task_of_pid;
  for (std::uint32_t task = 0; task < tasks.size(); ++task) {
    expected[tasks[task].group].push_back(task);
    task_of_pid.emplace(tasks[task].pid, task);
  }
  for (std::uint32_t group = 0; group < expected.size(); ++group) {
    const std::uint32_t leader = inspection.image.groups()[group].leader;
    const auto found = list_numbers(fmt::format("/proc/{}/task", inspection.pid(leader)));
    if (!found) {
      if (found.error() == ENOENT) continue;  // Reported as a missing process.
      RB_TRY(inspection.unreadable(leader, "threads", found.error()));
      continue;
    }
    for (const std::uint32_t task : expected[group]) {
      const bool there = std::binary_search(found->begin(), found->end(), tasks[task].pid);
      inspection.present[task] = there;
      if (!there) {
        inspection.findings.add("{}: does not exist in the thread group of {}",
                                inspection.name(task), inspection.name(leader));
      }
    }
    for (const std::uint32_t pid : *found) {
      const auto known = task_of_pid.find(pid);
      if (known == task_of_pid.end() || tasks[known->second].group != group) {
        inspection.findings.add("{}: its group has a thread that the image does not have: {}",
                                inspection.name(leader),
                                describe_stranger(inspection.pid(leader), pid));
      }
    }
  }
  return {};
}

/// Names, states; remembers each status.
Status read_statuses(Inspection& inspection, bool compare_names) {
  for (std::uint32_t task = 0; task < inspection.present.size(); ++task) {
    if (!inspection.present[task]) continue;
    const auto text = read_whole_file(inspection.directory(task) + "/status");
    const auto status = text ? parse_status(*text) : std::nullopt;
    if (!status) {
      inspection.present[task] = false;
      RB_TRY(inspection.unreadable(task, "status", text ? EPROTO : text.error()));
      continue;
    }
    const std::string expected = inspection.image.tasks()[task].name;
    if (compare_names && status->name != expected) {
      inspection.findings.add("{}: name: expected \"{}\", found \"{}\"", inspection.name(task),
                              expected, status->name);
    }
    if (status->state == 'Z' || status->state == 'X') {
      inspection.present[task] = false;
      inspection.findings.add("{}: is dead (state {})", inspection.name(task), status->state);
    }
    inspection.status[task] = *status;
  }
  return {};
}

void compare_number(Inspection& inspection, std::uint32_t task, const char* what,
                    std::uint64_t expected, std::uint64_t found) {
  if (expected != found) {
    inspection.findings.add("{}: {}: expected {}, found {}", inspection.name(task), what, expected,
                            found);
  }
}

/// Parents, sessions, process groups, exit signals: properties of leaders.
Status check_topology(Inspection& inspection) {
  const std::uint32_t outside = inspection.access.outside_pid;
  for (const rbi_group& group : inspection.image.groups()) {
    const std::uint32_t leader = group.leader;
    if (!inspection.present[leader]) continue;
    const auto text = read_whole_file(inspection.directory(leader) + "/stat");
    const auto stat = text ? parse_stat(*text) : std::nullopt;
    if (!stat) {
      RB_TRY(inspection.unreadable(leader, "stat", text ? EPROTO : text.error()));
      continue;
    }
    const std::uint32_t parent =
        group.parent == RBI_NONE ? outside
                                 : inspection.pid(inspection.image.groups()[group.parent].leader);
    compare_number(inspection, leader, "parent", parent, stat->field[kParent]);
    // Those from outside are the coordinator's, but of another program's making any.
    const bool any = !inspection.access.at_barrier;
    if (group.pgid != 0 || !any) {
      compare_number(inspection, leader, "process group", group.pgid == 0 ? outside : group.pgid,
                     stat->field[kProcessGroup]);
    }
    if (group.sid != 0 || !any) {
      compare_number(inspection, leader, "session", group.sid == 0 ? outside : group.sid,
                     stat->field[kSession]);
    }
    if (group.sid != 0) {
      compare_number(inspection, leader, "controlling terminal",
                     terminal_number(inspection.image, group), stat->field[kTerminal]);
    }
    compare_number(inspection, leader, "exit signal", group.exit_signal, stat->field[kExitSignal]);
  }
  return {};
}

}  // namespace

Status refresh_statuses(Inspection& inspection) { return read_statuses(inspection, false); }

Status check_tasks(Inspection& inspection) {
  const auto groups = groups_in_tree(inspection);
  if (!groups) return tl::unexpected<Error>(groups.error());
  check_groups_exist(inspection, *groups);
  RB_TRY(check_threads(inspection));
  RB_TRY(read_statuses(inspection, true));
  return check_topology(inspection);
}

}  // namespace rb
