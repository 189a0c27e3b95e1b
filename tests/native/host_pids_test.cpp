// Restarts among the pids of the test: numbers that are free.
#include <catch2/catch.hpp>

#include "harness/coverage/graph_image.h"
#include "strategies/userspace/image_graph.h"
#include "tests/native/free_pids.h"
#include "tests/native/restart.h"
#include "tests/support/graphs.h"

namespace rb::test {
namespace {

/// Tasks check their own number, so they are not run: what is inside of them is
/// the same in both modes.
void restart_on_host(ImageWriter writer) {
  move_to_free_pids(writer);
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
