#include "tests/support/graphs.h"

#include <fmt/format.h>

#include <set>

namespace rb::test {
namespace {

constexpr auto kMm = static_cast<std::size_t>(Shared::kMm);
constexpr auto kSighand = static_cast<std::size_t>(Shared::kSighand);
constexpr auto kFiles = static_cast<std::size_t>(Shared::kFiles);
constexpr auto kFs = static_cast<std::size_t>(Shared::kFs);

std::size_t at(int index) { return static_cast<std::size_t>(index); }

}  // namespace

SharingGraph processes(std::initializer_list<Row> rows) {
  SharingGraph graph;
  for (const Row& row : rows) {
    GraphTask task;
    task.leader = static_cast<int>(graph.tasks.size());
    task.parent = row[0];
    task.object = {row[1], row[2], row[3], row[4]};
    graph.tasks.push_back(task);
  }
  return graph;
}

int add_thread(SharingGraph& graph, int leader, int files, int fs) {
  GraphTask thread = graph.tasks[at(leader)];
  thread.leader = leader;
  thread.session_leader = false;
  thread.object[kFiles] = files;
  thread.object[kFs] = fs;
  graph.tasks.push_back(thread);
  return static_cast<int>(graph.tasks.size()) - 1;
}

SharingGraph partition_graph(std::mt19937_64& random, int max_tasks) {
  auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const int count = 2 + below(max_tasks - 1);
  SharingGraph graph;
  for (int i = 0; i < count; ++i) {
    GraphTask task;
    task.leader = i;
    if (i > 0) task.parent = graph.tasks[at(below(i))].leader;
    task.object[kMm] = below(count);
    task.object[kSighand] = task.object[kMm] * 2 + below(2);
    if (i > 0 && below(5) == 0) {
      task = graph.tasks[at(task.parent)];
      task.leader = graph.tasks[at(task.leader)].leader;
    }
    task.object[kFiles] = below(count);
    task.object[kFs] = below(count);
    graph.tasks.push_back(task);
  }
  return graph;
}

SharingGraph flat_graph(int tasks) {
  SharingGraph graph = processes({{-1, 0, 0, 0, 0}});
  for (int i = 1; i <= tasks; ++i)
    graph.tasks.push_back({.leader = i, .parent = 0, .object = {i, i, i, i}});
  return graph;
}

SharingGraph thread_graph(int threads) {
  SharingGraph graph = processes({{-1, 0, 0, 0, 0}});
  for (int i = 0; i < threads; ++i) add_thread(graph, 0, 0, 0);
  return graph;
}

SharingGraph middle_graph(int chains) {
  SharingGraph graph = processes({{-1, 0, 0, 0, 0}});
  for (int i = 0; i < chains; ++i) {
    const int a = static_cast<int>(graph.tasks.size());
    const int b = a + 1;
    const int c = a + 2;
    graph.tasks.push_back({.leader = a, .parent = 0, .object = {a, a, a, a}});
    graph.tasks.push_back({.leader = b, .parent = a, .object = {b, b, b, b}});
    graph.tasks.push_back({.leader = c, .parent = b, .object = {c, c, a, c}});
  }
  return graph;
}

std::string describe(const SharingGraph& graph) {
  std::string text;
  for (std::size_t i = 0; i < graph.tasks.size(); ++i) {
    const GraphTask& task = graph.tasks[i];
    text += fmt::format("T{} leader {} parent {} mm {} sighand {} files {} fs {} session {}{}{}\n",
                        i, task.leader, task.parent, task.object[0], task.object[1], task.object[2],
                        task.object[3], task.session, task.session_leader ? " (leads it)" : "",
                        task.exit_signal == 17 ? "" : fmt::format(" signal {}", task.exit_signal));
  }
  return text;
}

std::array<int, kSharedCount> distinct_objects(const SharingGraph& graph) {
  std::array<int, kSharedCount> count{};
  for (std::size_t cls = 0; cls < kSharedCount; ++cls) {
    std::set<int> seen;
    for (const GraphTask& task : graph.tasks) seen.insert(task.object[cls]);
    count[cls] = static_cast<int>(seen.size());
  }
  return count;
}

}  // namespace rb::test
