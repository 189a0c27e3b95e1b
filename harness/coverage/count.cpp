#include "harness/coverage/count.h"

#include <numeric>
#include <thread>
#include <vector>

namespace rb {
namespace {

constexpr std::size_t kProgressStep = 256;  // graphs of one thread

/// One thread's share: every `stride`th graph. Listing them all is cheap,
/// planning is not.
void count_share(const GraphSet& set, std::size_t first, std::size_t stride,
                 const GraphProgress& progress, GraphCounts& counts) {
  std::size_t number = 0;
  each_graph(set, [&](const SharingGraph& graph) {
    if (number++ % stride != first) return;
    ++counts.graphs;
    counts.legal += obeys_kernel_rules(graph) ? 1 : 0;
    const LeastMeans least = least_means(graph);
    if (least.level) {
      ++counts.by_level[*least.level];
    } else {
      ++(least.proven ? counts.impossible : counts.undecided);
    }
    if (progress && counts.graphs % kProgressStep == 0) progress(counts.graphs * stride);
  });
}

}  // namespace

std::size_t GraphCounts::reachable() const {
  return std::accumulate(by_level.begin(), by_level.end(), std::size_t{0});
}

GraphCounts count_graphs(const GraphSet& set, unsigned threads, const GraphProgress& progress) {
  std::vector<GraphCounts> shares(threads == 0 ? 1 : threads);
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < shares.size(); ++i) {
      others.emplace_back(
          [&set, &shares, i] { count_share(set, i, shares.size(), {}, shares[i]); });
    }
    count_share(set, 0, shares.size(), progress, shares[0]);
  }
  GraphCounts total;
  for (const GraphCounts& share : shares) {
    total.graphs += share.graphs;
    total.legal += share.legal;
    for (std::size_t i = 0; i < total.by_level.size(); ++i) total.by_level[i] += share.by_level[i];
    total.impossible += share.impossible;
    total.undecided += share.undecided;
  }
  return total;
}

}  // namespace rb
