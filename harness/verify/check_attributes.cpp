// What processes have besides objects that they share; zombies; locks.
#include <fcntl.h>

#include <algorithm>
#include <cstdio>

#include "harness/verify/check_special.h"
#include "harness/verify/proc_files.h"

namespace rb {
namespace {

/// The words behind "key:" in a file of /proc, with single spaces between.
std::string words_of(const std::string& text, std::string_view key) {
  const auto at = text.find(fmt::format("{}:", key));
  if (at == std::string::npos) return "?";
  const auto start = at + key.size() + 1;
  std::string words;
  for (const char c : text.substr(start, text.find('\n', start) - start)) {
    const bool space = c == ' ' || c == '\t';
    if (space && (words.empty() || words.back() == ' ')) continue;
    words += space ? ' ' : c;
  }
  while (!words.empty() && words.back() == ' ') words.pop_back();
  return words;
}

std::string limit_text(__u64 limit) {
  return limit == ~0ull ? "unlimited" : fmt::format("{}", limit);
}

/// "soft hard" of /proc/PID/limits, whose lines are in the order of the resources'
/// numbers below a heading, with names of 25 characters.
std::string limits_in(const std::string& text, __u32 resource) {
  std::size_t at = 0;
  for (__u32 line = 0; line <= resource; ++line) at = text.find('\n', at) + 1;
  char soft[32] = {};
  char hard[32] = {};
  std::sscanf(text.c_str() + std::min(at + 25, text.size()), "%31s %31s", soft, hard);
  return fmt::format("{} {}", soft, hard);
}

class AttributeCheck {
 public:
  explicit AttributeCheck(Inspection& inspection) : in_(inspection), image_(inspection.image) {}

  Status run() {
    for (std::uint32_t task = 0; task < image_.tasks().size(); ++task) {
      if (in_.present[task]) RB_TRY(check_credentials(task));
    }
    for (const rbi_group& group : image_.groups()) {
      if (in_.present[group.leader]) RB_TRY(check_process(group));
    }
    for (const rbi_zombie& zombie : image_.zombies()) check_zombie(zombie);
    return {};
  }

 private:
  void compare(const std::string& who, std::string_view what, const std::string& expected,
               const std::string& found) {
    if (expected == found) return;
    in_.findings.add("{}: {}: expected {}, found {}", who, what, expected, found);
  }

  Status check_credentials(std::uint32_t task) {
    const __u32 index = image_.tasks()[task].credentials;
    if (index == RBI_NONE) return {};
    const rbi_credentials& record = image_.credentials()[index];
    const auto text = read_whole_file(in_.directory(task) + "/status");
    if (!text) return in_.unreadable(task, "status", text.error());
    const std::string who = in_.name(task);
    compare(who, "Uid",
            fmt::format("{} {} {} {}", record.uid, record.euid, record.suid, record.fsuid),
            words_of(*text, "Uid"));
    compare(who, "Gid",
            fmt::format("{} {} {} {}", record.gid, record.egid, record.sgid, record.fsgid),
            words_of(*text, "Gid"));
    std::string groups;
    for (const rbi_gid& gid : image_.gids().subspan(record.gid_first, record.gid_count)) {
      groups += fmt::format("{}{}", groups.empty() ? "" : " ", gid.gid);
    }
    compare(who, "Groups", groups, words_of(*text, "Groups"));
    const std::pair<const char*, __u64> sets[] = {{"CapInh", record.inheritable},
                                                  {"CapPrm", record.permitted},
                                                  {"CapEff", record.effective},
                                                  {"CapBnd", record.bounding},
                                                  {"CapAmb", record.ambient}};
    for (const auto& [key, set] : sets) {
      compare(who, key, fmt::format("{:016x}", set), words_of(*text, key));
    }
    compare(who, "NoNewPrivs", (record.flags & RBI_CREDENTIALS_NO_NEW_PRIVS) != 0 ? "1" : "0",
            words_of(*text, "NoNewPrivs"));
    const auto personality = read_whole_file(in_.directory(task) + "/personality");
    if (!personality) return in_.unreadable(task, "personality", personality.error());
    compare(who, "personality", fmt::format("{:08x}\n", record.personality), *personality);
    return {};
  }

  Status check_process(const rbi_group& group) {
    const std::string who = in_.name(group.leader);
    const auto limits = image_.limits().subspan(group.limit_first, group.limit_count);
    if (!limits.empty()) {
      const auto text = read_whole_file(in_.directory(group.leader) + "/limits");
      if (!text) return in_.unreadable(group.leader, "limits", text.error());
      for (const rbi_limit& limit : limits) {
        compare(who, fmt::format("limit {}", limit.resource),
                fmt::format("{} {}", limit_text(limit.soft), limit_text(limit.hard)),
                limits_in(*text, limit.resource));
      }
    }
    if ((group.flags & RBI_GROUP_OOM_SCORE_ADJ) == 0) return {};
    const auto score = read_whole_file(in_.directory(group.leader) + "/oom_score_adj");
    if (!score) return in_.unreadable(group.leader, "oom_score_adj", score.error());
    compare(who, "oom_score_adj", fmt::format("{}\n", group.oom_score_adj), *score);
    return {};
  }

  void check_zombie(const rbi_zombie& zombie) {
    constexpr std::size_t kParent = 4;
    constexpr std::size_t kProcessGroup = 5;
    constexpr std::size_t kSession = 6;
    constexpr std::size_t kExitCode = 52;
    const std::string who = fmt::format("zombie {}", zombie.pid);
    const auto text = read_whole_file(fmt::format("/proc/{}/task/{}/stat", zombie.pid, zombie.pid));
    const auto stat = text ? parse_stat(*text) : std::nullopt;
    if (!stat) {
      in_.findings.add("{}: does not exist", who);
      return;
    }
    compare(who, "state", "Z", std::string(1, stat->state));
    compare(who, "name", zombie.name, stat->comm);
    const auto number = [&](const char* what, std::uint64_t expected, std::size_t field) {
      compare(who, what, fmt::format("{}", expected), fmt::format("{}", stat->field[field]));
    };
    number("parent", in_.pid(image_.groups()[zombie.parent].leader), kParent);
    const std::uint32_t outside = in_.access.outside_pid;
    number("process group", zombie.pgid == 0 ? outside : zombie.pgid, kProcessGroup);
    number("session", zombie.sid == 0 ? outside : zombie.sid, kSession);
    number("status", zombie.status, kExitCode);
  }

  Inspection& in_;
  const Image& image_;
};

/// "WRITE 10 29" of each line "lock: 1: POSIX ADVISORY WRITE pid maj:min:inode 10 29",
/// with FLOCK, POSIX or OFDLCK in front.
std::vector<std::string> locks_in(const std::string& info) {
  std::vector<std::string> locks;
  for (std::size_t at = info.find("lock:"); at != std::string::npos;
       at = info.find("lock:", at + 1)) {
    char kind[16] = {};
    char type[16] = {};
    char start[32] = {};
    char end[32] = {};
    std::sscanf(info.c_str() + at, "lock: %*s %15s %*s %15s %*s %*s %31s %31s", kind, type, start,
                end);
    locks.push_back(fmt::format("{} {} {} {}", kind, type, start, end));
  }
  std::sort(locks.begin(), locks.end());
  return locks;
}

}  // namespace

void check_locks_and_owner(Inspection& inspection, const OpenDescription& open) {
  const Image& image = inspection.image;
  const rbi_ofd& ofd = image.ofds()[open.ofd];
  const std::string who = fmt::format("{}: fd {}", inspection.name(open.task), open.number);
  std::vector<std::string> expected;
  if (ofd.flock != RBI_FLOCK_NONE) {
    expected.push_back(
        fmt::format("FLOCK {} 0 EOF", ofd.flock == RBI_FLOCK_SHARED ? "READ" : "WRITE"));
  }
  for (const rbi_lock& lock : image.locks()) {
    // One of F_SETLK is shown to whom has the table, and by any of its descriptors.
    const bool own = lock.files == image.tasks()[open.task].files;
    const bool shown = lock.files == RBI_NONE ? lock.ofd == open.ofd : own && lock.ofd == open.ofd;
    if (!shown) continue;
    expected.push_back(
        fmt::format("{} {} {} {}", lock.files == RBI_NONE ? "OFDLCK" : "POSIX",
                    lock.type == 0 ? "READ" : "WRITE", lock.start,
                    lock.length == 0 ? "EOF" : fmt::format("{}", lock.start + lock.length - 1)));
  }
  std::sort(expected.begin(), expected.end());
  const std::vector<std::string> found = locks_in(open.info);
  if (expected != found) {
    inspection.findings.add(
        "{}: locks: expected {}, found {}", who,
        expected.empty() ? "none" : fmt::format("{}", fmt::join(expected, ", ")),
        found.empty() ? "none" : fmt::format("{}", fmt::join(found, ", ")));
  }
  const auto owner = ::fcntl(open.copy, F_GETOWN);
  if (owner != ofd.owner) {
    inspection.findings.add("{}: owner: expected {}, found {}", who, ofd.owner, owner);
  }
  const auto signal = ::fcntl(open.copy, F_GETSIG);
  if (signal != static_cast<int>(ofd.signal)) {
    inspection.findings.add("{}: signal: expected {}, found {}", who, ofd.signal, signal);
  }
}

Status check_attributes(Inspection& inspection) { return AttributeCheck(inspection).run(); }

}  // namespace rb
