// Processes with one fs_struct between them: clone(2) with CLONE_FS.
#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"n", "processes, the root included", 10, 1, 2000, "1,10,100,1000"},
};

Status build(const ParameterValues& values, ImageWriter& writer) {
  SyntheticTree tree("shared-fs", seed_of(values));
  tree.fs_of(tree.root()) = {.cwd = tree.add_directory(0), .umask = 027};
  for (std::int64_t i = 1; i < value_of(values, "n"); ++i) tree.fork(tree.root(), kShareFs);
  tree.write(writer);
  return {};
}

}  // namespace

const Workload kSharedFs = {"shared-fs", "n processes that share working directory, root and umask",
                            kParameters, build};

}  // namespace rb
