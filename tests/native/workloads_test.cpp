// Every workload is restarted by every restarting strategy, twice, and nothing is left.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <sstream>

#include "tests/native/restart.h"

namespace rb::test {
namespace {

void restart_with_all(const Image& image) {
  int strategies_used = 0;
  for (const Strategy* strategy : strategies()) {
    if ((strategy->flags & kRestoresTree) == 0 || (strategy->flags & kNeedsDevice) != 0) continue;
    INFO("strategy " << strategy->name);
    CHECK(joined(restart(*strategy, image, {.times = 2})) == "");
    ++strategies_used;
  }
  CHECK(strategies_used >= 3);
}

/// Sections are selected one by one in tests/native/CMakeLists.txt.
TEST_CASE("workload", "[workload]") {
  need_root();
  for (const Workload* workload : workloads()) {
    DYNAMIC_SECTION(workload->name) { restart_with_all(workload_image(workload->name)); }
  }
}

TEST_CASE("other parameters", "[parameters]") {
  need_root();
  SECTION("middle, sharing fs") { restart_with_all(workload_image("middle", {{"share", 1}})); }
  SECTION("own-files, distinct") {
    restart_with_all(workload_image("own-files", {{"distinct", 1}}));
  }
  SECTION("prefork, larger") {
    restart_with_all(workload_image("prefork", {{"workers", 24}, {"threads", 12}, {"mib", 2}}));
  }
  SECTION("fds, one task of gaps") {
    restart_with_all(workload_image("fds", {{"n", 3000}, {"tasks", 4}}));
  }
  SECTION("pipes, full") { restart_with_all(workload_image("pipes", {{"bytes", 65536}})); }
}

TEST_CASE("each workload has a test", "[list]") {
  std::istringstream names(RB_NATIVE_WORKLOADS);
  std::vector<std::string> tested;
  for (std::string name; names >> name;) tested.push_back(name);
  std::vector<std::string> registered;
  for (const Workload* workload : workloads()) registered.emplace_back(workload->name);
  CHECK(tested == registered);
}

}  // namespace
}  // namespace rb::test
