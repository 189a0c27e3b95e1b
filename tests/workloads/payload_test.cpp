// The payload finds what it should, and finds fault when it should.
#include <catch2/catch.hpp>

#include "tests/workloads/hand_restart.h"
#include "workloads/payload/blob.h"
#include "workloads/workload.h"

namespace rb::test {
namespace {

Image single_task(const char* name) {
  auto image = build_image(*find_workload(name), {{"n", 1}});
  if (!image) FAIL(describe(image.error()));
  return std::move(*image);
}

TEST_CASE("a task restarted as its image says finds nothing wrong") {
  const auto report = run_by_hand(single_task("threads"));
  REQUIRE(report);
  INFO(payload_check_name(report->check) << " at " << std::hex << report->where << " expected "
                                         << report->expected << " found " << report->found);
  CHECK(report->state == PAYLOAD_OK);
}

}  // namespace
}  // namespace rb::test
