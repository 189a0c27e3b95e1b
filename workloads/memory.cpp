// Memory of every kind: anonymous, sparse, read-only, inaccessible, a growing
// stack, heap, a file mapped private with dirty pages and shared, shared memory.
#include <sys/mman.h>

#include <optional>

#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/purposes.h"
#include "workloads/synthetic/regions.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"mib", "MiB of anonymous memory with contents, over all tasks", 16, 0, 4096, "1,16,256"},
    {"file", "MiB of the file that each task maps twice", 1, 0, 256, "1"},
    {"shmem", "MiB of shared memory that all tasks map", 1, 0, 4096, "1"},
    {"advice", "1: regions with each kind of advice and lock", 0, 0, 1, "0,1"},
    {"tasks", "processes", 2, 1, 64, "1,2"},
};

constexpr std::uint32_t kRead = PROT_READ;
constexpr std::uint32_t kReadWrite = PROT_READ | PROT_WRITE;
constexpr std::uint64_t kSmall = 16;       // pages
constexpr std::uint64_t kSparse = 256;     // pages, every second one with contents
constexpr std::uint64_t kDirtyEvery = 16;  // pages of the private file mapping

struct Shared {
  std::uint64_t anonymous_pages;  // per task
  std::optional<BackingId> file;
  std::uint64_t file_pages;
  std::optional<BackingId> shmem;
  std::uint64_t shmem_pages;
};

void add_anonymous(SyntheticTree& tree, TaskId task, std::uint64_t pages) {
  SyntheticMm& mm = tree.mm_of(task);
  const auto seed = [&](std::uint64_t region) {
    return tree.seed(kSeedMemory, static_cast<std::uint64_t>(task) * 16 + region);
  };
  if (pages != 0) {
    add_region(mm, {.pages = pages, .prot = kReadWrite, .contents = all_pages(pages, seed(0))});
  }
  add_region(mm, {.pages = kSparse,
                  .prot = kReadWrite,
                  .flags = RBI_VMA_NORESERVE,
                  .contents = some_pages(kSparse, 2, seed(1))});
  add_region(mm, {.pages = kSmall, .prot = kRead, .contents = all_pages(kSmall, seed(2))});
  add_region(mm, {.pages = kSmall, .prot = PROT_NONE});
  add_region(mm, {.pages = kSmall,
                  .prot = kReadWrite,
                  .flags = RBI_VMA_GROWSDOWN | RBI_VMA_STACK,
                  .contents = all_pages(kSmall, seed(3))});
  mm.heap_pages = kSmall;
}

/// A region for each kind of advice and lock, and a locked one that nobody may touch. None is
/// MERGEABLE: a kernel may lack KSM.
void add_advised(SyntheticTree& tree, TaskId task) {
  constexpr std::uint32_t kFlags[] = {
      RBI_VMA_SEQUENTIAL, RBI_VMA_RANDOM,
      RBI_VMA_DONTFORK,   RBI_VMA_DONTDUMP,
      RBI_VMA_WIPEONFORK, RBI_VMA_HUGEPAGE,
      RBI_VMA_LOCKED,     RBI_VMA_LOCKED | RBI_VMA_LOCKONFAULT | RBI_VMA_RANDOM};
  SyntheticMm& mm = tree.mm_of(task);
  std::uint64_t number = 8;
  for (const std::uint32_t flags : kFlags) {
    const std::uint64_t seed =
        tree.seed(kSeedMemory, static_cast<std::uint64_t>(task) * 64 + number);
    add_region(mm, {.pages = kSmall,
                    .prot = kReadWrite,
                    .flags = flags,
                    .contents = some_pages(kSmall, 2, seed)});
    ++number;
  }
  add_region(mm, {.pages = kSmall, .prot = PROT_NONE, .flags = RBI_VMA_LOCKED});
}

void add_mappings(SyntheticTree& tree, TaskId task, const Shared& shared) {
  SyntheticMm& mm = tree.mm_of(task);
  if (shared.file) {
    const std::uint64_t seed = tree.seed(kSeedMemory, static_cast<std::uint64_t>(task) * 16 + 4);
    add_region(mm, {.pages = shared.file_pages,
                    .prot = kReadWrite,
                    .kind = RBI_VMA_FILE,
                    .backing = shared.file,
                    .contents = some_pages(shared.file_pages, kDirtyEvery, seed)});
    // From its second page on, as offsets must be right, too.
    add_region(mm, {.pages = shared.file_pages - 1,
                    .prot = kRead,
                    .flags = RBI_VMA_SHARED,
                    .kind = RBI_VMA_FILE,
                    .backing = shared.file,
                    .backing_page = 1});
  }
  if (shared.shmem) {
    add_region(mm, {.pages = shared.shmem_pages,
                    .prot = kReadWrite,
                    .flags = RBI_VMA_SHARED,
                    .kind = RBI_VMA_SHMEM,
                    .backing = shared.shmem});
  }
}

Status build(const ParameterValues& values, ImageWriter& writer) {
  const auto pages_of = [&](const char* name) {
    return static_cast<std::uint64_t>(value_of(values, name)) * kPagesPerMiB;
  };
  const std::int64_t tasks = value_of(values, "tasks");
  SyntheticTree tree("memory", seed_of(values));
  Shared shared{.anonymous_pages = pages_of("mib") / static_cast<std::uint64_t>(tasks),
                .file = {},
                .file_pages = pages_of("file"),
                .shmem = {},
                .shmem_pages = pages_of("shmem")};
  if (shared.file_pages != 0) {
    constexpr std::uint32_t kNumber = 100;
    shared.file =
        tree.add_backing({.kind = RBI_BACKING_FILE,
                          .path = tree.add_file(kNumber, shared.file_pages * RBI_PAGE_SIZE),
                          .pages = shared.file_pages,
                          .seed = tree.file_seed(kNumber)});
  }
  if (shared.shmem_pages != 0) {
    // The last page has never been touched.
    shared.shmem = tree.add_backing(
        {.kind = RBI_BACKING_SHMEM,
         .pages = shared.shmem_pages,
         .contents = all_pages(shared.shmem_pages - 1, tree.seed(kSeedMemory, ~0ull))});
  }
  for (std::int64_t i = 1; i < tasks; ++i) tree.fork(tree.root());
  for (std::int64_t i = 0; i < tasks; ++i) {
    add_anonymous(tree, TaskId(static_cast<std::uint32_t>(i)), shared.anonymous_pages);
    add_mappings(tree, TaskId(static_cast<std::uint32_t>(i)), shared);
    if (value_of(values, "advice") != 0) add_advised(tree, TaskId(static_cast<std::uint32_t>(i)));
  }
  tree.write(writer);
  return {};
}

}  // namespace

const Workload kMemory = {"memory", "processes with memory of all kinds", kParameters, build};

}  // namespace rb
