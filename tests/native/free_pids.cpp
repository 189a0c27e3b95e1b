#include "tests/native/free_pids.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

namespace rb::test {
namespace {

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
  for (std::uint32_t tries = 0; tries < pid_max; ++tries, ++first) {
    if (first + count >= pid_max || first < 1000) first = 1000;
    bool free = true;
    for (std::uint32_t i = 0; i < count && free; ++i) {
      free = !std::filesystem::exists("/proc/" + std::to_string(first + i));
    }
    if (free) return first;
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
