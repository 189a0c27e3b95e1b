// Processes with one sighand_struct between them, which the kernel allows only
// together with the mm: clone(2) with CLONE_SIGHAND and CLONE_VM.
#include <csignal>

#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"n", "processes, the root included", 10, 1, 2000, "1,10,100,1000"},
};

Status build(const ParameterValues& values, ImageWriter& writer) {
  SyntheticTree tree("shared-sighand", seed_of(values));
  tree.set_action(tree.root(), SIGTERM, SA_RESTART, 1ull << (SIGHUP - 1));
  for (std::int64_t i = 1; i < value_of(values, "n"); ++i) {
    tree.fork(tree.root(), kShareMm | kShareSighand);
  }
  tree.write(writer);
  return {};
}

}  // namespace

const Workload kSharedSighand = {
    "shared-sighand", "n processes that share one mm and its signal actions", kParameters, build};

}  // namespace rb
