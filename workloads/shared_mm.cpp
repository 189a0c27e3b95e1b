// Processes, not threads, in one address space: clone(2) with CLONE_VM, as vfork(2)
// and posix_spawn(3) make for a moment and some runtimes keep.
#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"n", "processes, the root included", 10, 1, 2000, "1,10,100,1000"},
};

Status build(const ParameterValues& values, ImageWriter& writer) {
  SyntheticTree tree("shared-mm", seed_of(values));
  for (std::int64_t i = 1; i < value_of(values, "n"); ++i) tree.fork(tree.root(), kShareMm);
  tree.write(writer);
  return {};
}

}  // namespace

const Workload kSharedMm = {"shared-mm", "n processes that share one mm, and nothing else",
                            kParameters, build};

}  // namespace rb
