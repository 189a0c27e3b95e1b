// Counting graphs in several threads gives what one thread counts.
#include "harness/coverage/count.h"

#include <catch2/catch.hpp>
#include <thread>

namespace rb::test {
namespace {

TEST_CASE("each graph is counted once, however many threads count") {
  const GraphSet all = {.tasks = 3};
  const GraphCounts one = count_graphs(all, 1, {});
  CHECK(one.graphs == graph_count(all));
  for (const unsigned threads : {2u, 3u, 8u}) {
    INFO(threads << " threads");
    const GraphCounts counts = count_graphs(all, threads, {});
    CHECK(counts.graphs == one.graphs);
    CHECK(counts.legal == one.legal);
    CHECK(counts.by_level == one.by_level);
    CHECK(counts.impossible == one.impossible);
    CHECK(counts.undecided == one.undecided);
  }
}

TEST_CASE("one thread tells of progress, about all graphs at last") {
  const GraphSet some = {.tasks = 2, .most_tasks = 3, .random = 3000, .threads = true};
  const auto caller = std::this_thread::get_id();
  std::size_t last = 0;
  const GraphCounts counts = count_graphs(some, 2, [&](std::size_t done) {
    CHECK(std::this_thread::get_id() == caller);
    CHECK(done > last);
    last = done;
  });
  CHECK(counts.graphs == 3000);
  CHECK(last > 2500);
  CHECK(last <= 3000);
}

}  // namespace
}  // namespace rb::test
