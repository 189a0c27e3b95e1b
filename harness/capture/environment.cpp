#include "harness/capture/environment.h"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <iterator>
#include <string>
#include <string_view>

#include "harness/verify/proc_files.h"
#include "harness/verify/proc_timers.h"

namespace rb::capture {
namespace {

/// The value of a line "Key:\tvalue" of /proc/PID/status; "?" without one. By search, as a
/// thousand threads have a thousand such texts.
std::string_view line_of(std::string_view text, std::string_view key) {
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    if ((at != 0 && text[at - 1] != '\n') || text.substr(at + key.size(), 2) != ":\t") continue;
    const std::string_view value = text.substr(at + key.size() + 2);
    return value.substr(0, value.find('\n'));
  }
  return "?";
}

constexpr const char* kCredentials[] = {"Uid",    "Gid",    "Groups", "CapInh",    "CapPrm",
                                        "CapEff", "CapBnd", "CapAmb", "NoNewPrivs"};
constexpr const char* kNamespaces[] = {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts", "time"};

// Of proc_pid_stat(5).
constexpr unsigned kPriorityField = 40;  // rt_priority
constexpr unsigned kNiceField = 19;

/// Numbers separated by blanks.
std::vector<std::uint32_t> numbers_of(std::string_view text) {
  std::vector<std::uint32_t> numbers;
  const std::string copy(text);
  const char* at = copy.c_str();
  for (char* end = nullptr;; at = end) {
    const unsigned long number = std::strtoul(at, &end, 10);
    if (end == at) return numbers;
    numbers.push_back(static_cast<std::uint32_t>(number));
  }
}

std::uint64_t hexadecimal(std::string_view text) {
  return std::strtoull(std::string(text).c_str(), nullptr, 16);
}

/// Without securebits and personality.
FoundCredentials credentials_of(std::string_view status) {
  FoundCredentials found;
  rbi_credentials& to = found.record;
  const auto uids = numbers_of(line_of(status, "Uid"));
  const auto gids = numbers_of(line_of(status, "Gid"));
  constexpr std::size_t kKinds = 4;  // real, effective, saved, of the file system
  if (uids.size() == kKinds && gids.size() == kKinds) {
    to.uid = uids[0];
    to.euid = uids[1];
    to.suid = uids[2];
    to.fsuid = uids[3];
    to.gid = gids[0];
    to.egid = gids[1];
    to.sgid = gids[2];
    to.fsgid = gids[3];
  }
  found.gids = numbers_of(line_of(status, "Groups"));
  std::sort(found.gids.begin(), found.gids.end());
  to.inheritable = hexadecimal(line_of(status, "CapInh"));
  to.permitted = hexadecimal(line_of(status, "CapPrm"));
  to.effective = hexadecimal(line_of(status, "CapEff"));
  to.bounding = hexadecimal(line_of(status, "CapBnd"));
  to.ambient = hexadecimal(line_of(status, "CapAmb"));
  if (line_of(status, "NoNewPrivs") == "1") to.flags = RBI_CREDENTIALS_NO_NEW_PRIVS;
  return found;
}

class Environments {
 public:
  Environments(FoundTree& found, Refusals& refusals) : found_(found), refusals_(refusals) {}

  Status check() {
    const auto own = read_whole_file("/proc/thread-self/status");
    if (!own) return fail_errno("cannot read /proc/thread-self/status", own.error());
    own_ = *own;
    if (auto score = read_whole_file("/proc/self/oom_score_adj")) own_oom_score_ = *score;
    const auto stat = read_whole_file("/proc/thread-self/stat");
    if (stat) own_stat_ = parse_stat(*stat).value_or(ProcStat{});
    for (FoundTask& task : found_.tasks) check_task(task);
    for (FoundProcess& process : found_.processes) check_process(process);
    return {};
  }

 private:
  void check_task(FoundTask& task) {
    const auto text = read_whole_file(found_.directory(task) + "/status");
    if (!text) return;
    const bool differs =
        std::any_of(std::begin(kCredentials), std::end(kCredentials),
                    [&](const char* key) { return line_of(*text, key) != line_of(own_, key); });
    if (differs) {
      task.credentials = found_.credentials.size();
      found_.credentials.push_back(credentials_of(*text));
    }
    if (line_of(*text, "Seccomp") != "0") {
      refusals_.add("{} has a seccomp filter, which cannot be read back", task.who);
    }
  }

  void check_process(FoundProcess& process) {
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
    find_timers(process, directory);
    const auto score = read_whole_file(directory + "/oom_score_adj");
    if (score && *score != own_oom_score_) process.oom_score = std::atoi(score->c_str());
    for (const unsigned field : {kPriorityField, kNiceField}) {
      if (process.stat.field[field] == own_stat_.field[field]) continue;
      refusals_.add(
          "{} has another priority than bench: run bench with the same, by nice(1) or "
          "chrt(1)",
          leader.who);
      break;
    }
    read_limits(process);
  }

  void find_timers(FoundProcess& process, const std::string& directory) {
    const std::string& who = found_.tasks[process.first_task].who;
    const auto text = read_whole_file(directory + "/timers");
    const auto timers = text ? parse_timers(*text) : std::nullopt;
    if (!timers) {
      refusals_.add("{} may have POSIX timers, of which /proc/PID/timers does not tell", who);
      return;
    }
    for (const ProcTimer& timer : *timers) add_timer(process, timer, who);
    std::sort(process.timers.begin(), process.timers.end(),
              [](const rbi_timer& a, const rbi_timer& b) { return a.id < b.id; });
  }

  /// What is left of it is asked later.
  void add_timer(FoundProcess& process, const ProcTimer& timer, const std::string& who) {
    rbi_timer into{};
    into.id = timer.id;
    into.notify = static_cast<__u32>(timer.notify);
    into.signal = (timer.notify & SIGEV_NONE) != 0 ? 0 : static_cast<__u32>(timer.signal);
    into.sigval = timer.value;
    into.task = RBI_NONE;
    int clock = timer.clock;
    if (clock == ProcTimer::kProcessClock) clock = CLOCK_PROCESS_CPUTIME_ID;
    if (clock == ProcTimer::kThreadClock && process.task_count == 1)
      clock = CLOCK_THREAD_CPUTIME_ID;
    if (clock < 0) {
      refusals_.add(
          "{} has a POSIX timer, {}, of the CPU time of some thread: an image cannot "
          "hold that",
          who, timer.id);
      return;
    }
    into.clock = static_cast<__u32>(clock);
    if (timer.notify == SIGEV_THREAD_ID) {
      const auto first = found_.tasks.begin() + static_cast<std::ptrdiff_t>(process.first_task);
      const auto last = first + static_cast<std::ptrdiff_t>(process.task_count);
      const auto thread = std::find_if(
          first, last, [&](const FoundTask& task) { return task.tid == timer.target; });
      if (thread == last) {
        refusals_.add("{} has a POSIX timer, {}, for a thread that has ended", who, timer.id);
        return;
      }
      into.task = static_cast<__u32>(thread - found_.tasks.begin());
    }
    process.timers.push_back(into);
  }

  static void read_limits(FoundProcess& process) {
    for (int resource = 0; resource < RLIM_NLIMITS; ++resource) {
      rlimit its{};
      rlimit own{};
      const auto which = static_cast<__rlimit_resource>(resource);
      if (::prlimit(process.pid, which, nullptr, &its) != 0 ||
          ::prlimit(0, which, nullptr, &own) != 0) {
        continue;
      }
      if (its.rlim_cur == own.rlim_cur && its.rlim_max == own.rlim_max) continue;
      process.limits.push_back({static_cast<__u32>(resource), 0, its.rlim_cur, its.rlim_max});
    }
  }

  FoundTree& found_;
  Refusals& refusals_;
  std::string own_;  ///< bench's own /proc/PID/status
  ProcStat own_stat_;
  std::string own_oom_score_;
};

}  // namespace

Status find_environments(FoundTree& found, Refusals& refusals) {
  return Environments(found, refusals).check();
}

Result<rbi_credentials*> own_credentials(FoundTree& found, FoundTask& task) {
  if (!task.credentials) {
    const auto text = read_whole_file(found.directory(task) + "/status");
    if (!text) return fail_errno("cannot read credentials of " + task.who, text.error());
    task.credentials = found.credentials.size();
    found.credentials.push_back(credentials_of(*text));
  }
  return &found.credentials[*task.credentials].record;
}

}  // namespace rb::capture
