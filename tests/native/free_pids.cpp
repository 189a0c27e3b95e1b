#include "tests/native/free_pids.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace rb::test {
namespace {

/// Numbers that the kernel would not give to a task: those of tasks, and those of
/// process groups and sessions, whose leaders may be gone.
std::set<std::uint32_t> numbers_in_use() {
  namespace fs = std::filesystem;
  std::set<std::uint32_t> used;
  std::error_code gone;
  for (const auto& process : fs::directory_iterator("/proc")) {
    const std::string name = process.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    used.insert(static_cast<std::uint32_t>(std::stoul(name)));
    for (const auto& task : fs::directory_iterator(process.path() / "task", gone)) {
      used.insert(static_cast<std::uint32_t>(std::stoul(task.path().filename())));
    }
    std::ifstream stat(process.path() / "stat");
    std::string line;
    std::getline(stat, line);
    const auto name_end = line.rfind(')');
    if (name_end == std::string::npos) continue;
    std::istringstream fields(line.substr(name_end + 2));
    std::string state;
    std::uint32_t parent = 0;
    std::uint32_t group = 0;
    std::uint32_t session = 0;
    fields >> state >> parent >> group >> session;
    used.insert({group, session});
  }
  return used;
}

/// The first of `count` consecutive numbers that no task has, far from those
/// that the kernel gives out next.
std::uint32_t free_pids(std::uint32_t count) {
  std::uint32_t last = 0;
  std::string load;
  std::ifstream file("/proc/loadavg");
  for (int i = 0; i < 4; ++i) file >> load;
  file >> last;
  std::uint32_t pid_max = 32768;
  std::ifstream("/proc/sys/kernel/pid_max") >> pid_max;
  std::uint32_t first = (last + pid_max / 2) % pid_max;
  const auto used = numbers_in_use();
  for (std::uint32_t tries = 0; tries < pid_max; ++tries, ++first) {
    if (first + count >= pid_max || first < 1000) first = 1000;
    const auto next = used.lower_bound(first);
    if (next == used.end() || *next >= first + count) return first;
  }
  FAIL("no free pids");
  return 0;
}

}  // namespace

void move_to_free_pids(ImageWriter& writer) {
  const auto count = static_cast<std::uint32_t>(writer.tasks.size());
  const std::uint32_t by = free_pids(count) - writer.tasks.front().pid;
  for (rbi_task& task : writer.tasks) task.pid += by;
  for (rbi_group& group : writer.groups) {
    if (group.pgid != 0) group.pgid += by;
    if (group.sid != 0) group.sid += by;
  }
}

}  // namespace rb::test
