// Pipes with unread bytes between two processes, in both directions; of some, one
// process holds both ends, so that a description is shared.
#include <fcntl.h>

#include <algorithm>
#include <bit>

#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"n", "pipes", 10, 0, 10000, "10,100,1000"},
    {"bytes", "unread in each pipe", 1000, 0, 65536, "0,4096,65536"},
};

Status build(const ParameterValues& values, ImageWriter& writer) {
  const auto bytes = static_cast<std::uint32_t>(value_of(values, "bytes"));
  constexpr std::uint32_t kDefaultCapacity = 65536;
  const std::uint32_t tight = std::max(std::bit_ceil(bytes), std::uint32_t{RBI_PAGE_SIZE});
  SyntheticTree tree("pipes", seed_of(values));
  const TaskId child = tree.fork(tree.root());
  for (std::int64_t i = 0; i < value_of(values, "n"); ++i) {
    const PipeId pipe =
        tree.add_pipe({.capacity = i % 3 == 0 ? tight : kDefaultCapacity, .size = bytes});
    const OfdId read =
        tree.add_description({.kind = RBI_OFD_PIPE_READ, .flags = O_RDONLY, .pipe = pipe});
    const OfdId write = tree.add_description(
        {.kind = RBI_OFD_PIPE_WRITE,
         .flags = i % 4 == 0 ? std::uint32_t{O_WRONLY | O_NONBLOCK} : std::uint32_t{O_WRONLY},
         .pipe = pipe});
    const bool down = i % 2 == 0;  // from the root to its child
    tree.add_fd(down ? child : tree.root(), read, i % 5 == 0);
    tree.add_fd(down ? tree.root() : child, write);
    if (i % 4 == 3) tree.add_fd(child, read);
  }
  tree.write(writer);
  return {};
}

}  // namespace

const Workload kPipes = {"pipes", "n pipes between two processes, with bytes in them", kParameters,
                         build};

}  // namespace rb
