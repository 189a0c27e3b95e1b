#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "harness/coverage/graph_set.h"
#include "strategies/userspace/planner/means.h"

namespace {

/// Equal for graphs in which the same tasks share the same objects.
std::string key(const rb::SharingGraph& graph) {
  std::string text;
  for (const rb::GraphTask& task : graph.tasks) {
    text += std::to_string(task.leader) + ' ' + std::to_string(task.parent);
    for (std::size_t cls = 0; cls < rb::kSharedCount; ++cls) {
      const auto first = std::find_if(graph.tasks.begin(), graph.tasks.end(), [&](const auto& one) {
        return one.object[cls] == task.object[cls];
      });
      text += ' ' + std::to_string(first - graph.tasks.begin());
    }
    text += '\n';
  }
  return text;
}

std::map<std::string, int> drawn(const rb::GraphSet& set) {
  std::map<std::string, int> graphs;
  rb::each_graph(set, [&](const rb::SharingGraph& graph) { ++graphs[key(graph)]; });
  return graphs;
}

}  // namespace

TEST_CASE("each graph has the same chance to be drawn") {
  std::map<std::string, int> all;
  rb::each_graph({.tasks = 2, .most_tasks = 2},
                 [&](const rb::SharingGraph& graph) { ++all[key(graph)]; });
  REQUIRE(all.size() == 12);
  const auto graphs = drawn({.tasks = 2, .most_tasks = 2, .random = 12'000});
  CHECK(graphs.size() == 12);
  for (const auto& [text, count] : graphs) {
    CHECK(all.contains(text));
    CHECK((count > 850 && count < 1150));  // 1,000 and five standard deviations
  }
  // The tree is drawn apart from the partitions: none is missed.
  CHECK(drawn({.tasks = 3, .most_tasks = 3, .random = 12'000}).size() == 600);
}

TEST_CASE("random graphs obey the kernel's rules and repeat with their seed") {
  const bool threads = GENERATE(false, true);
  const rb::GraphSet set{.tasks = 4, .most_tasks = 8, .random = 500, .threads = threads};
  std::map<std::size_t, int> sizes;
  int thread_count = 0;
  rb::each_graph(set, [&](const rb::SharingGraph& graph) {
    CHECK(rb::obeys_kernel_rules(graph));
    ++sizes[graph.tasks.size()];
    for (std::size_t i = 0; i < graph.tasks.size(); ++i) {
      thread_count += graph.tasks[i].leader != static_cast<int>(i) ? 1 : 0;
    }
  });
  CHECK(sizes.size() == 5);
  CHECK(sizes.begin()->first == 4);
  CHECK((thread_count > 300) == threads);
  CHECK(drawn(set) == drawn(set));
  rb::GraphSet other = set;
  other.seed = 2;
  CHECK(drawn(set) != drawn(other));
}
