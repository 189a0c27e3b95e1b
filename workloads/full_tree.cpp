// A full tree of processes, created breadth first.
#include <fmt/format.h>

#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"depth", "generations below the root", 3, 0, 10, "1,2,3"},
    {"fanout", "children of each process that has any", 3, 1, 1999, "2,4"},
};

constexpr std::size_t kMaxTasks = 32000;

Status build(const ParameterValues& values, ImageWriter& writer) {
  const std::int64_t fanout = value_of(values, "fanout");
  SyntheticTree tree("tree", seed_of(values));
  std::vector<TaskId> generation = {tree.root()};
  std::size_t count = 1;
  for (std::int64_t depth = 0; depth < value_of(values, "depth"); ++depth) {
    count += generation.size() * static_cast<std::size_t>(fanout);
    if (count > kMaxTasks) {
      return fail(
          ErrorKind::kUsage,
          fmt::format("workload tree: depth and fanout make more than {} processes", kMaxTasks));
    }
    std::vector<TaskId> next;
    for (const TaskId parent : generation) {
      for (std::int64_t i = 0; i < fanout; ++i) next.push_back(tree.fork(parent));
    }
    generation = std::move(next);
  }
  tree.write(writer);
  return {};
}

}  // namespace

const Workload kTree = {"tree", "full tree of processes of a depth and fan-out", kParameters,
                        build};

}  // namespace rb
