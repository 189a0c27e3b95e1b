// A chain: each process is the child of the one before.
#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"n", "processes, the root included", 10, 1, 2000, "1,10,100,1000"},
};

Status build(const ParameterValues& values, ImageWriter& writer) {
  SyntheticTree tree("chain", seed_of(values));
  TaskId last = tree.root();
  for (std::int64_t i = 1; i < value_of(values, "n"); ++i) last = tree.fork(last);
  tree.write(writer);
  return {};
}

}  // namespace

const Workload kChain = {"chain", "n processes, each the child of the one before", kParameters,
                         build};

}  // namespace rb
