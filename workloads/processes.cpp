// A flat tree: many children of one process, nothing shared but descriptions.
#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"n", "processes, the root included", 10, 1, 32000, "1,10,100,1000"},
};

Status build(const ParameterValues& values, ImageWriter& writer) {
  SyntheticTree tree("processes", seed_of(values));
  for (std::int64_t i = 1; i < value_of(values, "n"); ++i) tree.fork(tree.root());
  tree.write(writer);
  return {};
}

}  // namespace

const Workload kProcesses = {"processes", "n processes, flat, as after fork", kParameters, build};

}  // namespace rb
