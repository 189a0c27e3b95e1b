// The largest trees that the workloads make, restarted once each, and one clear error
// beyond what the machine allows.
#include <sys/resource.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include "tests/native/restart.h"

namespace rb::test {
namespace {

std::string restart_one(std::string_view workload, const ParameterValues& values) {
  need_root();
  return joined(restart(strategy_named("userspace"), workload_image(workload, values)));
}

/// Ends the program as skipped where so much memory is not free: proc(5), MemAvailable.
void need_memory(std::uint64_t gib) {
  std::ifstream file("/proc/meminfo");
  std::string word;
  std::uint64_t kib = 0;
  while (file >> word && word != "MemAvailable:") continue;
  file >> kib;
  if (kib >> 20 >= gib) return;
  std::cerr << "skipped: needs " << gib << " GiB of memory\n";
  std::exit(77);
}

TEST_CASE("10,000 threads", "[sizes_threads]") {
  CHECK(restart_one("threads", {{"n", 10000}}) == "");
}

TEST_CASE("2,000 processes", "[sizes_processes]") {
  CHECK(restart_one("processes", {{"n", 2000}}) == "");
}

TEST_CASE("A chain of 2,000 processes", "[sizes_chain]") {
  CHECK(restart_one("chain", {{"n", 2000}}) == "");
}

TEST_CASE("4 GiB of memory", "[sizes_memory]") {
  need_memory(12);  // the image, the tree, and what others use meanwhile
  CHECK(restart_one("memory", {{"mib", 4096}, {"tasks", 1}, {"file", 0}, {"shmem", 0}}) == "");
}

TEST_CASE("As many descriptors as the limit allows", "[sizes_fds]") {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const auto most = static_cast<std::int64_t>(std::min<rlim_t>(limit.rlim_max, 100000));
  CHECK(restart_one("shared-files", {{"n", 3}, {"f", most - 100}}) == "");
}

TEST_CASE("100,000 descriptors are restored or refused with advice", "[sizes_fds]") {
  need_root();
  const Image image = workload_image("fds", {{"n", 100000}, {"tasks", 1}});
  const Strategy& userspace = strategy_named("userspace");
  const Status possible = userspace.supports(image, {});
  if (possible) {
    CHECK(joined(restart(userspace, image)) == "");
  } else {
    CHECK(possible.error().message.find("RLIMIT_NOFILE is") != std::string::npos);
    CHECK(possible.error().advice.find("ulimit -n") != std::string::npos);
  }
}

}  // namespace
}  // namespace rb::test
