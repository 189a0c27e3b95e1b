// Restarts among the pids of the test: numbers that are free.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "strategies/userspace/image_graph.h"
#include "tests/native/restart.h"
#include "tests/support/graph_image.h"

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

/// The image with all numbers moved. Tasks check their own, so they are not
/// run: what is inside of them is the same in both modes.
void restart_on_host(ImageWriter writer) {
  const auto count = static_cast<std::uint32_t>(writer.tasks.size());
  const std::uint32_t by = free_pids(count) - writer.tasks.front().pid;
  for (rbi_task& task : writer.tasks) task.pid += by;
  for (rbi_group& group : writer.groups) {
    if (group.pgid != 0) group.pgid += by;
    if (group.sid != 0) group.sid += by;
  }
  const auto image = writer.to_image();
  if (!image) FAIL(describe(image.error()));
  if (const Status made = make_fixtures(*image); !made) FAIL(describe(made.error()));
  for (const char* strategy : {"userspace", "userspace-naive", "userspace-closerange"}) {
    INFO("strategy " << strategy);
    CHECK(joined(restart(strategy_named(strategy), *image,
                         {.strategy = {.pids = PidMode::kHost}, .times = 2, .run = false})) == "");
  }
}

void restart_workload_on_host(const char* name) {
  const Workload& workload = *find_workload(name);
  ImageWriter writer;
  REQUIRE(workload.build(*complete_parameters(workload, {}), writer));
  restart_on_host(std::move(writer));
}

TEST_CASE("trees among the caller's pids", "[host]") {
  need_root();
  SECTION("prefork") { restart_workload_on_host("prefork"); }
  SECTION("threads") { restart_workload_on_host("threads"); }
  SECTION("sessions") { restart_workload_on_host("sessions"); }
  SECTION("a plan with a throw-away task") {
    const SharingGraph graph = processes(
        {{-1, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, {1, 2, 2, 5, 2}, {2, 3, 3, 0, 3}, {0, 4, 4, 5, 4}});
    restart_on_host(graph_writer(graph, 1));
  }
}

}  // namespace
}  // namespace rb::test
