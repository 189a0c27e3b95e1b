#include "workloads/synthetic/descriptors.h"

#include <fcntl.h>

namespace rb {

RegularFiles::RegularFiles(SyntheticTree& tree) : tree_(tree) {
  for (std::uint32_t i = 0; i < kFileCount; ++i) paths_.push_back(tree.add_file(i, kFileSize));
}

OfdId RegularFiles::open(std::uint64_t item, std::uint32_t flags) {
  const auto file = static_cast<std::uint32_t>(item % kFileCount);
  return tree_.add_description({.kind = RBI_OFD_FILE,
                                .path = paths_[file],
                                .flags = flags,
                                .offset = 8 * item,
                                .seed = tree_.file_seed(file)});
}

void RegularFiles::open_many(TaskId task, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) tree_.add_fd(task, open(i, O_RDONLY));
}

}  // namespace rb
