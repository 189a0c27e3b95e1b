#include <catch2/catch.hpp>

#include "harness/settled_time.h"

namespace {

class HandMoved final : public rb::TimeSource {
 public:
  std::uint64_t now_ns() override { return now; }
  std::uint64_t now = 100;
};
HandMoved source;

}  // namespace

TEST_CASE("settling takes no time on its clock") {
  rb::SettledTime time(source, [] { source.now += 1000; });
  const std::uint64_t begin = time.now_ns();
  time.settle();
  CHECK(time.now_ns() == begin);
  source.now += 7;
  time.settle();
  CHECK(time.now_ns() == begin + 7);
}

TEST_CASE("where nothing can be settled the clock is that of its source") {
  rb::SettledTime time(source, nullptr);
  const std::uint64_t begin = source.now;
  time.settle();
  CHECK(source.now == begin);
  CHECK(time.now_ns() == begin);
}

TEST_CASE("a restart's clock settles before it begins, not in between") {
  rb::SettledTime time(source, [] { source.now += 1000; });
  rb::StageClock clock(time);
  clock.settle();
  clock.begin();
  source.now += 5;
  clock.end();
  CHECK(clock.total_ns() == 5);
}
