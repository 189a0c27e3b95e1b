#include "strategies/userspace/planner/all_graphs.h"

#include <algorithm>

namespace rb {
namespace {

constexpr auto kMm = static_cast<std::size_t>(Shared::kMm);
constexpr auto kSighand = static_cast<std::size_t>(Shared::kSighand);
constexpr auto kFiles = static_cast<std::size_t>(Shared::kFiles);
constexpr auto kFs = static_cast<std::size_t>(Shared::kFs);

std::size_t at(int index) { return static_cast<std::size_t>(index); }

/// Every set partition of n items, as restricted growth strings.
void each_partition(int n, const std::function<void(const std::vector<int>&)>& use) {
  std::vector<int> block(at(n), 0);
  const std::function<void(int, int)> fill = [&](int i, int blocks) {
    if (i == n) return use(block);
    for (int b = 0; b <= blocks; ++b) {
      block[at(i)] = b;
      fill(i + 1, std::max(blocks, b + 1));
    }
  };
  fill(0, 0);
}

/// Every tree in which parents precede children.
void each_tree(int n, const std::function<void(const std::vector<int>&)>& use) {
  std::vector<int> parent(at(n), -1);
  const std::function<void(int)> fill = [&](int i) {
    if (i == n) return use(parent);
    for (int p = 0; p < i; ++p) {
      parent[at(i)] = p;
      fill(i + 1);
    }
  };
  if (n > 0) fill(1);
}

void set_class(SharingGraph& graph, std::size_t cls, const std::vector<int>& blocks) {
  for (std::size_t i = 0; i < graph.tasks.size(); ++i) graph.tasks[i].object[cls] = blocks[i];
}

bool refines(const std::vector<int>& fine, const std::vector<int>& coarse) {
  for (std::size_t i = 0; i < fine.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (fine[i] == fine[j] && coarse[i] != coarse[j]) return false;
  return true;
}

}  // namespace

void each_graph(int tasks, const std::function<void(const SharingGraph&)>& use) {
  SharingGraph graph;
  graph.tasks.resize(at(tasks));
  for (int i = 0; i < tasks; ++i) graph.tasks[at(i)].leader = i;
  each_tree(tasks, [&](const std::vector<int>& parent) {
    for (int i = 0; i < tasks; ++i) graph.tasks[at(i)].parent = parent[at(i)];
    each_partition(tasks, [&](const std::vector<int>& mm) {
      set_class(graph, kMm, mm);
      each_partition(tasks, [&](const std::vector<int>& sighand) {
        if (!refines(sighand, mm)) return;
        set_class(graph, kSighand, sighand);
        each_partition(tasks, [&](const std::vector<int>& files) {
          set_class(graph, kFiles, files);
          each_partition(tasks, [&](const std::vector<int>& fs) {
            set_class(graph, kFs, fs);
            use(graph);
          });
        });
      });
    });
  });
}

}  // namespace rb
