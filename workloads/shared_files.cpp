// Processes with one files_struct between them: clone(2) with CLONE_FILES.
#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/descriptors.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"n", "processes, the root included", 10, 1, 5000, "10,100"},
    {"f", "open regular files besides 0-2", 100, 0, 100000, "10,100,1000"},
};

Status build(const ParameterValues& values, ImageWriter& writer) {
  SyntheticTree tree("shared-files", seed_of(values));
  RegularFiles files(tree);
  files.open_many(tree.root(), static_cast<std::uint64_t>(value_of(values, "f")));
  for (std::int64_t i = 1; i < value_of(values, "n"); ++i) tree.fork(tree.root(), kShareFiles);
  tree.write(writer);
  return {};
}

}  // namespace

const Workload kSharedFiles = {"shared-files", "n processes that share one table of f files",
                               kParameters, build};

}  // namespace rb
