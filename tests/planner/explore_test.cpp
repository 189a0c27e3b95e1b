// The planner plans exactly what system calls can reach.
#include "tests/planner/explore.h"

#include <catch2/catch.hpp>

#include "tests/planner/check.h"

namespace rb::test {
namespace {

/// Graphs on which planner and exploration differ.
long disagreements(int tasks, long& reached) {
  const Reachable reachable(tasks + 1);
  long different = 0;
  each_graph(tasks, [&](const SharingGraph& graph) {
    const bool possible = reachable.contains(graph);
    reached += possible ? 1 : 0;
    if (make_plan(graph).has_value() != possible) ++different;
  });
  return different;
}

TEST_CASE("planner and forward exploration agree on every graph", "[planner][slow]") {
  long reached = 0;
  CHECK(disagreements(2, reached) == 0);
  CHECK(reached == 12);
  reached = 0;
  CHECK(disagreements(3, reached) == 0);
  CHECK(reached == 545);
}

}  // namespace
}  // namespace rb::test
