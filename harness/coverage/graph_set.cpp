#include "harness/coverage/graph_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "strategies/userspace/planner/all_graphs.h"

namespace rb {
namespace {

using Partition = std::vector<int>;  ///< the block of each item

std::size_t at(int index) { return static_cast<std::size_t>(index); }

/// The number of partitions of n items, for n up to 10.
constexpr std::uint64_t kBell[] = {1, 1, 2, 5, 15, 52, 203, 877, 4140, 21147, 115975};

/// All partitions of n items, and how many refinements those before and including
/// each one have together.
struct Partitions {
  std::vector<Partition> all;
  std::vector<std::uint64_t> refinements;
};

class Draw {
 public:
  explicit Draw(const GraphSet& set) : set_(set), random_(set.seed) {}

  SharingGraph graph() {
    const int count = set_.tasks + below(set_.most_tasks - set_.tasks + 1);
    SharingGraph graph;
    graph.tasks.resize(at(count));
    std::vector<int> leaders = {0};
    graph.tasks[0].leader = 0;
    for (int i = 1; i < count; ++i) {
      GraphTask& task = graph.tasks[at(i)];
      const int other = leaders[at(below(static_cast<int>(leaders.size())))];
      if (set_.threads && below(4) == 0) {
        task.leader = other;
        task.parent = graph.tasks[at(other)].parent;
      } else {
        task.leader = i;
        task.parent = other;
        leaders.push_back(i);
      }
    }
    share_memory(graph, leaders);
    set_class(graph, Shared::kFiles, any(count));
    set_class(graph, Shared::kFs, any(count));
    return graph;
  }

 private:
  /// Not std::uniform_int_distribution, which each library does in its own way.
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  int below(int n) { return static_cast<int>(below(static_cast<std::uint64_t>(n))); }

  const Partitions& partitions(int n) {
    const auto [entry, is_new] = partitions_.try_emplace(n);
    Partitions& found = entry->second;
    if (!is_new) return found;
    Partition block(at(n), 0);
    const std::function<void(int, int)> fill = [&](int i, int blocks) {
      if (i == n) return add(found, block, blocks);
      for (int b = 0; b <= blocks; ++b) {
        block[at(i)] = b;
        fill(i + 1, std::max(blocks, b + 1));
      }
    };
    fill(0, 0);
    return found;
  }

  static void add(Partitions& partitions, const Partition& block, int blocks) {
    std::uint64_t ways = 1;
    for (int b = 0; b < blocks; ++b) ways *= kBell[std::count(block.begin(), block.end(), b)];
    const auto before = partitions.refinements.empty() ? 0 : partitions.refinements.back();
    partitions.all.push_back(block);
    partitions.refinements.push_back(before + ways);
  }

  const Partition& any(int n) {
    const Partitions& from = partitions(n);
    return from.all[below(from.all.size())];
  }

  /// A pair of an mm partition and a refinement of it, each pair as likely.
  void share_memory(SharingGraph& graph, const std::vector<int>& leaders) {
    const int count = static_cast<int>(leaders.size());
    const Partitions& from = partitions(count);
    const auto pick = std::upper_bound(from.refinements.begin(), from.refinements.end(),
                                       below(from.refinements.back()));
    const Partition& mm = from.all[static_cast<std::size_t>(pick - from.refinements.begin())];
    Partition sighand(at(count));
    for (int block = 0; block < count; ++block) {
      std::vector<std::size_t> members;
      for (std::size_t i = 0; i < mm.size(); ++i) {
        if (mm[i] == block) members.push_back(i);
      }
      if (members.empty()) break;
      const Partition& within = any(static_cast<int>(members.size()));
      for (std::size_t i = 0; i < members.size(); ++i) {
        sighand[members[i]] = block * count + within[i];
      }
    }
    for (GraphTask& task : graph.tasks) {
      const auto process = static_cast<std::size_t>(
          std::find(leaders.begin(), leaders.end(), task.leader) - leaders.begin());
      task.object[static_cast<std::size_t>(Shared::kMm)] = mm[process];
      task.object[static_cast<std::size_t>(Shared::kSighand)] = sighand[process];
    }
  }

  static void set_class(SharingGraph& graph, Shared shared, const Partition& blocks) {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      graph.tasks[i].object[static_cast<std::size_t>(shared)] = blocks[i];
    }
  }

  const GraphSet& set_;
  std::mt19937_64 random_;
  std::map<int, Partitions> partitions_;
};

}  // namespace

void each_graph(const GraphSet& set, const std::function<void(const SharingGraph&)>& use) {
  if (set.random == 0) return each_graph(set.tasks, use);
  Draw draw(set);
  for (std::size_t i = 0; i < set.random; ++i) use(draw.graph());
}

std::size_t graph_count(const GraphSet& set) {
  if (set.random != 0) return set.random;
  std::size_t count = 0;
  each_graph(set.tasks, [&](const SharingGraph&) { ++count; });
  return count;
}

std::string describe(const GraphSet& set) {
  const char* what = set.threads ? "tasks" : set.most_tasks == 1 ? "process" : "processes";
  if (set.random == 0) return fmt::format("Sharing graphs of {} {}", set.tasks, what);
  const std::string sizes = set.tasks == set.most_tasks
                                ? fmt::format("{}", set.tasks)
                                : fmt::format("{} to {}", set.tasks, set.most_tasks);
  return fmt::format("Random sharing graphs of {} {}", sizes, what);
}

}  // namespace rb
