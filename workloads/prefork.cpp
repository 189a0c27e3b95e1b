// A server of the prefork kind: a master that leads a session, workers with
// threads, a listening socket that all of them inherited, a log file, pipes between
// master and workers, memory of each worker and a scoreboard that all share.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <csignal>

#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/purposes.h"
#include "workloads/synthetic/regions.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"workers", "worker processes", 4, 0, 1000, "4,16,64"},
    {"threads", "tasks in each worker, its leader included", 4, 1, 1000, "4,16"},
    {"mib", "MiB of memory with contents in each worker", 1, 0, 1024, "1,16"},
};

constexpr std::uint32_t kLogFile = 200;
constexpr std::uint64_t kScoreboardPages = 64;
constexpr std::int64_t kMaxTasks = 32000;
constexpr std::int64_t kMaxMib = 4096;

Status check_size(const ParameterValues& values) {
  const std::int64_t workers = value_of(values, "workers");
  const std::int64_t tasks = 1 + workers * value_of(values, "threads");
  const std::int64_t mib = workers * value_of(values, "mib");
  if (tasks > kMaxTasks) {
    return fail(ErrorKind::kUsage,
                fmt::format("workload prefork: {} tasks are more than {}", tasks, kMaxTasks));
  }
  if (mib > kMaxMib) {
    return fail(ErrorKind::kUsage,
                fmt::format("workload prefork: {} MiB are more than {}", mib, kMaxMib));
  }
  return {};
}

/// What every process of the server inherits from the master.
void set_up_master(SyntheticTree& tree) {
  const TaskId master = tree.root();
  tree.group_of(master).sid = tree.group_of(master).pgid = SyntheticTree::pid(master);
  tree.fs_of(master) = {.cwd = tree.add_directory(0), .umask = 077};
  tree.set_action(master, SIGTERM, SA_RESTART);
  tree.set_action(master, SIGHUP, SA_RESTART);
  tree.add_fd(master, tree.add_description(
                          {.kind = RBI_OFD_SOCKET,
                           .path = fmt::format("restartbench-{:016x}", tree.file_seed(kLogFile)),
                           .flags = O_RDWR | O_NONBLOCK,
                           .backlog = 128}));
  tree.add_fd(master, tree.add_description({.kind = RBI_OFD_FILE,
                                            .path = tree.add_file(kLogFile, 65536),
                                            .flags = O_WRONLY | O_APPEND,
                                            .offset = 65536}));
  const BackingId scoreboard = tree.add_backing(
      {.kind = RBI_BACKING_SHMEM,
       .pages = kScoreboardPages,
       .contents = all_pages(kScoreboardPages / 2, tree.seed(kSeedMemory, ~0ull))});
  add_region(tree.mm_of(master), {.pages = kScoreboardPages,
                                  .prot = PROT_READ | PROT_WRITE,
                                  .flags = RBI_VMA_SHARED,
                                  .kind = RBI_VMA_SHMEM,
                                  .backing = scoreboard});
}

/// A pipe with one unread message: the writer's end here, the reader's there.
void connect(SyntheticTree& tree, TaskId writer, TaskId reader) {
  const PipeId pipe = tree.add_pipe({.size = 24});
  tree.add_fd(reader,
              tree.add_description(
                  {.kind = RBI_OFD_PIPE_READ, .flags = O_RDONLY | O_NONBLOCK, .pipe = pipe}),
              true);
  tree.add_fd(writer,
              tree.add_description({.kind = RBI_OFD_PIPE_WRITE, .flags = O_WRONLY, .pipe = pipe}),
              true);
}

Status build(const ParameterValues& values, ImageWriter& writer) {
  RB_TRY(check_size(values));
  SyntheticTree tree("prefork", seed_of(values));
  set_up_master(tree);
  std::vector<TaskId> workers;
  for (std::int64_t i = 0; i < value_of(values, "workers"); ++i) {
    workers.push_back(tree.fork(tree.root()));
  }
  const std::uint64_t pages = static_cast<std::uint64_t>(value_of(values, "mib")) * kPagesPerMiB;
  for (const TaskId worker : workers) {
    connect(tree, tree.root(), worker);
    connect(tree, worker, tree.root());
    tree.task(worker).blocked = 1ull << (SIGHUP - 1);
    tree.mm_of(worker).heap_pages = 16;
    if (pages != 0) {
      const std::uint64_t seed = tree.seed(kSeedMemory, static_cast<std::uint64_t>(worker));
      add_region(
          tree.mm_of(worker),
          {.pages = pages, .prot = PROT_READ | PROT_WRITE, .contents = all_pages(pages, seed)});
    }
    for (std::int64_t i = 1; i < value_of(values, "threads"); ++i) {
      const TaskId thread = tree.add_thread(worker);
      tree.task(thread).blocked = (1ull << (SIGHUP - 1)) | (1ull << (SIGTERM - 1));
    }
  }
  tree.write(writer);
  return {};
}

}  // namespace

const Workload kPrefork = {"prefork", "a server: master, workers, threads, socket, pipes, memory",
                           kParameters, build};

}  // namespace rb
