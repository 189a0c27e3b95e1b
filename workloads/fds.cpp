// Descriptors of many kinds, some of them dup(2)s, in tables with gaps; and further
// processes that were forked since, so that descriptions are shared between tables.
#include <fcntl.h>
#include <fmt/format.h>

#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/descriptors.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"n", "open fds besides 0-2 in the first task", 100, 0, 100000, "100,1000,10000"},
    {"tasks", "processes; the others have two thirds of the fds", 2, 1, 100, "1,2"},
};

constexpr std::int64_t kMaxFds = 1000000;

/// Opens items of eight kinds in turn; an item is what one fd refers to.
class Opener {
 public:
  explicit Opener(SyntheticTree& tree)
      : tree_(tree), files_(tree), directory_(tree.add_directory(0)) {}

  void open(TaskId task, std::uint64_t item) {
    const auto kind = static_cast<std::uint32_t>(item % kKinds);
    // A gap in front of each eight, as closed fds leave.
    const std::uint32_t next = tree_.files_of(task).fds.back().fd + 1;
    tree_.add_fd(task, description(item, kind), kind == 1 || kind == 5, next + (kind == 0));
  }

 private:
  static constexpr std::uint32_t kKinds = 8;

  OfdId description(std::uint64_t item, std::uint32_t kind) {
    switch (kind) {
      case 0:
        return first_ = files_.open(item, O_RDONLY);
      case 1:
        return second_ = files_.open(item, O_RDWR | O_APPEND);
      case 2:
        return tree_.add_description(
            {.kind = RBI_OFD_DIRECTORY, .path = directory_, .flags = O_RDONLY});
      case 3:
        return tree_.add_description(
            {.kind = RBI_OFD_DEVICE, .path = "/dev/null", .flags = O_WRONLY | O_NONBLOCK});
      case 4:
        return files_.open(item, O_WRONLY);
      case 5:
        return first_;  // a dup, with flags of its own
      case 6:
        return files_.open(item, O_RDWR | O_NONBLOCK);
      default:
        return second_;
    }
  }

  SyntheticTree& tree_;
  RegularFiles files_;
  std::string directory_;
  OfdId first_{};
  OfdId second_{};
};

Status build(const ParameterValues& values, ImageWriter& writer) {
  const std::int64_t n = value_of(values, "n");
  const std::int64_t tasks = value_of(values, "tasks");
  if (n * tasks > kMaxFds) {
    return fail(ErrorKind::kUsage,
                fmt::format("workload fds: n * tasks is {}, more than {}", n * tasks, kMaxFds));
  }
  SyntheticTree tree("fds", seed_of(values));
  Opener opener(tree);
  for (std::int64_t i = 0; i < n; ++i) opener.open(tree.root(), static_cast<std::uint64_t>(i));
  for (std::int64_t i = 1; i < tasks; ++i) {
    // Each child closes another third of what it inherited.
    const TaskId child = tree.fork(tree.root());
    std::erase_if(tree.files_of(child).fds, [&](const FdEntry& entry) {
      return entry.fd > 2 && entry.fd % 3 == static_cast<std::uint32_t>(i) % 3;
    });
  }
  tree.write(writer);
  return {};
}

}  // namespace

const Workload kFds = {"fds", "n fds: files, directories, devices, dups, offsets, flags, gaps",
                       kParameters, build};

}  // namespace rb
