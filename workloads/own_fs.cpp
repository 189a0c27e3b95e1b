// Processes with an fs_struct each, all different from their neighbours.
#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"n", "processes, the root included", 10, 1, 2000, "1,10,100,1000"},
};

constexpr std::uint32_t kDirectories = 16;

Status build(const ParameterValues& values, ImageWriter& writer) {
  SyntheticTree tree("own-fs", seed_of(values));
  TaskId task = tree.root();
  for (std::uint32_t i = 0;; ++i) {
    tree.fs_of(task) = {.cwd = tree.add_directory(i % kDirectories), .umask = (i * 8 + 7) & 0777};
    if (i + 1 == value_of(values, "n")) break;
    task = tree.fork(tree.root());
  }
  tree.write(writer);
  return {};
}

}  // namespace

const Workload kOwnFs = {"own-fs", "n processes with working directories and umasks of their own",
                         kParameters, build};

}  // namespace rb
