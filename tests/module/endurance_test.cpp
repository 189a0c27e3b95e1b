// The strategies themselves, many restarts in a row, with several CPUs: each is
// verified, and at the end every kernel object and task is gone.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "tests/module/slabs.h"
#include "tests/native/restart.h"

namespace rb::test {
namespace {

/// Restarts with each strategy; RB_ROUNDS in the environment asks for more.
int rounds() {
  const char* text = std::getenv("RB_ROUNDS");
  const int asked = text == nullptr ? 0 : std::atoi(text);
  return asked > 0 ? asked : 30;
}

std::vector<Image> images() {
  std::vector<Image> images;
  images.push_back(workload_image("prefork", {{"workers", 2}, {"threads", 2}, {"mib", 1}}));
  images.push_back(workload_image("sessions", {{"n", 1}}));
  images.push_back(workload_image("signals", {{"n", 2}}));
  images.push_back(workload_image("own-files", {{"n", 4}, {"f", 20}}));
  images.push_back(workload_image("middle", {{"n", 2}, {"f", 3}}));
  return images;
}

/// Spread over the images; those of one image by one restarter.
void restart_in_a_row(const Strategy& strategy, const std::vector<Image>& images, int rounds) {
  const int count = static_cast<int>(images.size());
  for (int i = 0; i < count; ++i) {
    const int times = (rounds + count - 1 - i) / count;
    if (times == 0) continue;
    INFO(strategy.name << ", image " << i << ", " << times << " restarts");
    CHECK(joined(restart(strategy, images[static_cast<std::size_t>(i)], {.times = times})) == "");
  }
}

TEST_CASE("restarts in a row leave nothing behind", "[.endurance]") {
  const std::vector<Image> all = images();
  for (const char* name : {"kernel", "optimistic"}) {
    const Strategy& strategy = strategy_named(name);
    restart_in_a_row(strategy, all, 2 * static_cast<int>(all.size()));  // the kernel's caches fill
    const Slabs before = Slabs::now();
    restart_in_a_row(strategy, all, rounds());
    for (const std::string& leak : before.leaks()) FAIL_CHECK(name << ": " << leak);
    WARN(name << ": " << rounds() << " restarts");
  }
}

}  // namespace
}  // namespace rb::test
