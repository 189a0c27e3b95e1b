#include "harness/capture/environment.h"

#include <sys/resource.h>

#include <map>
#include <set>
#include <string_view>

#include "harness/verify/proc_files.h"

namespace rb::capture {
namespace {

/// The lines "Key:\tvalue" of /proc/PID/status.
std::map<std::string, std::string, std::less<>> status_lines(std::string_view text) {
  std::map<std::string, std::string, std::less<>> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == '\t' || value.front() == ' ')) {
      value.remove_prefix(1);
    }
    while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
    lines.emplace(line.substr(0, colon), value);
  }
  return lines;
}

constexpr const char* kCredentials[] = {"Uid",    "Gid",    "Groups", "CapInh",    "CapPrm",
                                        "CapEff", "CapBnd", "CapAmb", "NoNewPrivs"};
constexpr const char* kNamespaces[] = {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts", "time"};

constexpr unsigned kPriorityField = 40;  // rt_priority, proc_pid_stat(5)
constexpr unsigned kNiceField = 19;

class Environments {
 public:
  Environments(const FoundTree& found, Refusals& refusals) : found_(found), refusals_(refusals) {}

  Status check() {
    const auto own = read_whole_file("/proc/thread-self/status");
    if (!own) return fail_errno("cannot read /proc/thread-self/status", own.error());
    own_ = status_lines(*own);
    const auto stat = read_whole_file("/proc/thread-self/stat");
    if (stat) own_stat_ = parse_stat(*stat).value_or(ProcStat{});
    for (const FoundTask& task : found_.tasks) check_task(task);
    for (const FoundProcess& process : found_.processes) check_process(process);
    return {};
  }

 private:
  void check_task(const FoundTask& task) {
    const std::string directory = found_.directory(task);
    const auto text = read_whole_file(directory + "/status");
    if (!text) return;
    const auto lines = status_lines(*text);
    const auto value = [](const auto& map, const char* key) {
      const auto at = map.find(key);
      return at == map.end() ? std::string("?") : at->second;
    };
    for (const char* key : kCredentials) {
      if (value(lines, key) == value(own_, key)) continue;
      refusals_.add(
          "{} has credentials of its own ({} {}, bench has {}): run bench as the same "
          "user with the same capabilities",
          task.who, key, value(lines, key), value(own_, key));
      break;
    }
    if (value(lines, "Seccomp") != "0") {
      refusals_.add("{} has a seccomp filter, which cannot be read back", task.who);
    }
  }

  void check_process(const FoundProcess& process) {
    const FoundTask& leader = found_.tasks[process.first_task];
    const std::string directory = fmt::format("/proc/{}", process.pid);
    for (const char* name : kNamespaces) {
      const auto its = read_link(fmt::format("{}/ns/{}", directory, name));
      const auto own = read_link(fmt::format("/proc/self/ns/{}", name));
      if (its && own && *its != *own) {
        refusals_.add("{} is in a {} namespace of its own: run bench inside of it", leader.who,
                      name);
      }
    }
    const auto its = read_whole_file(directory + "/personality");
    const auto own = read_whole_file("/proc/self/personality");
    if (its && own && *its != *own) {
      refusals_.add(
          "{} has a personality of its own (personality(2)): run bench with the same, "
          "by setarch(8)",
          leader.who);
    }
    const auto timers = read_whole_file(directory + "/timers");
    if (timers && !timers->empty()) {
      refusals_.add("{} has POSIX timers (timer_create(2))", leader.who);
    }
    for (const unsigned field : {kPriorityField, kNiceField}) {
      if (process.stat.field[field] == own_stat_.field[field]) continue;
      refusals_.add(
          "{} has another priority than bench: run bench with the same, by nice(1) or "
          "chrt(1)",
          leader.who);
      break;
    }
    check_limits(process, leader);
  }

  void check_limits(const FoundProcess& process, const FoundTask& leader) {
    for (int resource = 0; resource < RLIM_NLIMITS; ++resource) {
      rlimit its{};
      rlimit own{};
      const auto which = static_cast<__rlimit_resource>(resource);
      if (::prlimit(process.pid, which, nullptr, &its) != 0 ||
          ::prlimit(0, which, nullptr, &own) != 0) {
        continue;
      }
      if (its.rlim_cur == own.rlim_cur && its.rlim_max == own.rlim_max) continue;
      refusals_.add(
          "{} has a resource limit of its own (number {}: {}, bench has {}): run bench "
          "with the same, by prlimit(1)",
          leader.who, resource, its.rlim_cur, own.rlim_cur);
      break;
    }
  }

  const FoundTree& found_;
  Refusals& refusals_;
  std::map<std::string, std::string, std::less<>> own_;
  ProcStat own_stat_;
};

}  // namespace

Status refuse_other_environments(const FoundTree& found, Refusals& refusals) {
  return Environments(found, refusals).check();
}

}  // namespace rb::capture
