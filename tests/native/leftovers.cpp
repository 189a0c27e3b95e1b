#include "tests/native/leftovers.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

namespace rb::test {
namespace {

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

struct Process {
  Descendant self;
  pid_t parent = 0;
};

/// All processes, by pid. One that ends meanwhile is left out.
std::map<pid_t, Process> all_processes() {
  std::map<pid_t, Process> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string pid = entry.path().filename();
    if (!is_number(pid)) continue;
    std::ifstream file(entry.path() / "stat");
    std::string line;
    std::getline(file, line);
    // A name may contain anything, ")" too: proc(5).
    const auto open = line.find('(');
    const auto close = line.rfind(')');
    if (open == std::string::npos || close == std::string::npos) continue;
    Process process;
    process.self = {std::stoi(pid), line.substr(open + 1, close - open - 1), line[close + 2]};
    process.parent = std::stoi(line.substr(close + 4));
    found.emplace(process.self.pid, process);
  }
  return found;
}

/// Lines of `a` that `b` lacks, counting how often each occurs.
void missing(const char* what, const std::vector<std::string>& a, const std::vector<std::string>& b,
             std::vector<std::string>& lines) {
  std::vector<std::string> only;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(only));
  for (const std::string& line : only) lines.push_back(fmt::format("{}: {}", what, line));
}

}  // namespace

std::vector<Descendant> descendants() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const auto processes = all_processes();
  std::vector<Descendant> found;
  for (const auto& [pid, process] : processes) {
    pid_t above = process.parent;
    // Bounded: a parent may have ended, and its number been given out anew.
    for (std::size_t up = 0; up < processes.size() && above != ::getpid(); ++up) {
      const auto next = processes.find(above);
      if (next == processes.end()) break;
      above = next->second.parent;
    }
    if (above == ::getpid()) found.push_back(process.self);
  }
  return found;
}

std::size_t descendants_left() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (;;) {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    const std::size_t left = descendants().size();
    if (left == 0 || std::chrono::steady_clock::now() > end) return left;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

Holdings Holdings::now() {
  Holdings holdings;
  for (const Descendant& one : descendants()) {
    holdings.processes_.push_back(fmt::format("{} ({}), state {}", one.pid, one.name, one.state));
  }
  // The descriptor that lists the directory is one of them, each time.
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(entry.path(), gone);
    if (!gone) {
      holdings.fds_.push_back(
          fmt::format("{} -> {}", entry.path().filename().string(), target.string()));
    }
  }
#if defined(__SANITIZE_ADDRESS__)
  std::ifstream maps;  // the sanitizer maps more as it goes
#else
  std::ifstream maps("/proc/self/maps");
#endif
  for (std::string line; std::getline(maps, line);) {
    // Only the end moves when a mapping grows; the stack grows at its start.
    const auto dash = line.find('-');
    const auto space = line.find(' ');
    const bool stack = line.find("[stack]") != std::string::npos;
    holdings.mappings_.push_back((stack ? "" : line.substr(0, dash)) + line.substr(space));
  }
  for (auto* list : {&holdings.processes_, &holdings.fds_, &holdings.mappings_}) {
    std::sort(list->begin(), list->end());
  }
  return holdings;
}

std::vector<std::string> Holdings::differences(const Holdings& later) const {
  std::vector<std::string> lines;
  missing("process left", later.processes_, processes_, lines);
  missing("process gone", processes_, later.processes_, lines);
  missing("descriptor left", later.fds_, fds_, lines);
  missing("descriptor gone", fds_, later.fds_, lines);
  missing("mapping left", later.mappings_, mappings_, lines);
  missing("mapping gone", mappings_, later.mappings_, lines);
  return lines;
}

}  // namespace rb::test
