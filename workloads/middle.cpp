// The case that was held against user space: of a process, its child and its
// grandchild, the first and the last share an object and the one between does not.
#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/descriptors.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"n", "chains below the root", 4, 1, 600, "1,10,100"},
    {"share", "what A and C share: 0 = files, 1 = fs", 0, 0, 1, "0,1"},
    {"f", "open regular files besides 0-2", 10, 0, 10000, "10,1000"},
};

Status build(const ParameterValues& values, ImageWriter& writer) {
  const bool share_fs = value_of(values, "share") != 0;
  SyntheticTree tree("middle", seed_of(values));
  RegularFiles files(tree);
  files.open_many(tree.root(), static_cast<std::uint64_t>(value_of(values, "f")));
  const std::string directory = tree.add_directory(0);
  for (std::int64_t i = 0; i < value_of(values, "n"); ++i) {
    const TaskId a = tree.fork(tree.root());
    tree.fs_of(a) = {.cwd = directory, .umask = 077};
    const TaskId b = tree.fork(a);
    tree.fs_of(b) = {.cwd = "/", .umask = 002};
    const TaskId c = tree.fork(b);
    if (share_fs) {
      tree.task(c).fs = tree.task(a).fs;
    } else {
      tree.task(c).files = tree.task(a).files;
      // B closed one more, to show that its table is another.
      if (value_of(values, "f") != 0) tree.files_of(b).fds.pop_back();
    }
  }
  tree.write(writer);
  return {};
}

}  // namespace

const Workload kMiddle = {"middle", "n chains A-B-C in which A and C share and B does not",
                          kParameters, build};

}  // namespace rb
