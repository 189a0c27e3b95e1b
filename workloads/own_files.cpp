// Processes with a files_struct each. The descriptions are those that fork(2) left
// in common, or each table has its own, as when every process opened its files.
#include <fmt/format.h>

#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/descriptors.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"n", "processes, the root included", 10, 1, 2000, "10,100"},
    {"f", "open regular files in each, besides 0-2", 100, 0, 100000, "10,100,1000"},
    {"distinct", "1: each has descriptions of its own; 0: all have the same", 0, 0, 1, "0,1"},
};

constexpr std::int64_t kMaxFds = 1000000;

Status build(const ParameterValues& values, ImageWriter& writer) {
  const std::int64_t n = value_of(values, "n");
  const std::int64_t f = value_of(values, "f");
  const bool distinct = value_of(values, "distinct") != 0;
  if (n * f > kMaxFds) {
    return fail(ErrorKind::kUsage,
                fmt::format("workload own-files: n * f is {}, more than {}", n * f, kMaxFds));
  }
  SyntheticTree tree("own-files", seed_of(values));
  RegularFiles files(tree);
  if (!distinct) files.open_many(tree.root(), static_cast<std::uint64_t>(f));
  for (std::int64_t i = 1; i < n; ++i) {
    const TaskId child = tree.fork(tree.root());
    if (distinct) files.open_many(child, static_cast<std::uint64_t>(f));
  }
  if (distinct) files.open_many(tree.root(), static_cast<std::uint64_t>(f));
  tree.write(writer);
  return {};
}

}  // namespace

const Workload kOwnFiles = {"own-files", "n processes with a table of f files each", kParameters,
                            build};

}  // namespace rb
