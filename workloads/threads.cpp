// One process with many threads.
#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"n", "tasks in the thread group, its leader included", 10, 1, 32000, "1,10,100,1000"},
};

Status build(const ParameterValues& values, ImageWriter& writer) {
  SyntheticTree tree("threads", seed_of(values));
  for (std::int64_t i = 1; i < value_of(values, "n"); ++i) tree.add_thread(tree.root());
  tree.write(writer);
  return {};
}

}  // namespace

const Workload kThreads = {"threads", "one process with n threads", kParameters, build};

}  // namespace rb
