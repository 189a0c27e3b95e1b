#include "harness/coverage/graph_image.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <csignal>
#include <map>

#include "workloads/synthetic/purposes.h"
#include "workloads/synthetic/regions.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr std::uint64_t kFileBytes = 4096;
constexpr std::uint32_t kDirectories = 4;

/// Grows a synthetic tree task by task: tasks of the graph and of the tree have
/// the same numbers. An object gets its contents with its first user.
class GraphTree {
 public:
  GraphTree(const SharingGraph& graph, std::uint64_t seed) : graph_(graph), tree_("graph", seed) {
    for (int i = 0; i < static_cast<int>(graph.tasks.size()); ++i) {
      const GraphTask& task = graph.tasks[at(i)];
      if (i > 0 && task.leader != i) {
        static_cast<void>(tree_.add_thread(id(task.leader)));
      } else if (i > 0) {
        static_cast<void>(tree_.fork(id(task.parent)));
      }
      share_objects(i);
      if (task.leader == i) join_session(i);
    }
  }

  [[nodiscard]] ImageWriter write() const {
    ImageWriter writer;
    tree_.write(writer);
    // A synthetic tree's processes all send SIGCHLD.
    for (rbi_group& group : writer.groups) {
      group.exit_signal = static_cast<__u32>(graph_.tasks[group.leader].exit_signal);
    }
    return writer;
  }

 private:
  static std::size_t at(int index) { return static_cast<std::size_t>(index); }
  static TaskId id(int task) { return TaskId(static_cast<std::uint32_t>(task)); }

  /// The first task that has the same object; the task itself if it is new.
  int first_user(int task, Shared kind) {
    const auto cls = static_cast<std::size_t>(kind);
    return first_[cls].try_emplace(graph_.tasks[at(task)].object[cls], task).first->second;
  }

  void share_objects(int i) {
    SyntheticTask& task = tree_.task(id(i));
    const int mm = first_user(i, Shared::kMm);
    const int sighand = first_user(i, Shared::kSighand);
    const int files = first_user(i, Shared::kFiles);
    const int fs = first_user(i, Shared::kFs);
    if (mm != i) task.mm = tree_.task(id(mm)).mm;
    if (sighand != i) task.sighand = tree_.task(id(sighand)).sighand;
    if (files != i) task.files = tree_.task(id(files)).files;
    if (fs != i) task.fs = tree_.task(id(fs)).fs;
    // A new thread has its leader's; a new process has copies already.
    if (graph_.tasks[at(i)].leader != i) {
      tree_.unshare(id(i), (files == i ? kShareFiles : 0u) | (fs == i ? kShareFs : 0u));
    }
    if (mm == i) fill_mm(i);
    if (sighand == i) tree_.set_action(id(i), static_cast<std::uint32_t>(35 + i % 29), SA_RESTART);
    if (files == i) fill_files(i);
    if (fs == i) fill_fs(i);
  }

  void fill_mm(int i) {
    add_region(tree_.mm_of(id(i)), {.pages = 2,
                                    .prot = PROT_READ | PROT_WRITE,
                                    .contents = all_pages(1, tree_.seed(kSeedMemory, at(i)))});
  }

  /// A file of its own besides what fork(2) copied, and some tables less than that.
  void fill_files(int i) {
    if (i % 3 == 2 && !tree_.files_of(id(i)).fds.empty()) tree_.files_of(id(i)).fds.pop_back();
    const auto number = static_cast<std::uint32_t>(i % 4);
    const OfdId ofd = tree_.add_description({.kind = RBI_OFD_FILE,
                                             .path = tree_.add_file(number, kFileBytes),
                                             .flags = O_RDONLY,
                                             .offset = 8 * at(i),
                                             .seed = tree_.file_seed(number)});
    static_cast<void>(tree_.add_fd(id(i), ofd, i % 2 == 1, i % 5 == 4 ? 20 : 0));
  }

  void fill_fs(int i) {
    const auto number = static_cast<std::uint32_t>(i);
    tree_.fs_of(id(i)) = {.cwd = tree_.add_directory(number % kDirectories),
                          .umask = number * 9 & 0777};
  }

  void join_session(int i) {
    const GraphTask& task = graph_.tasks[at(i)];
    std::uint32_t session = 0;
    for (int other = 0; other <= i; ++other) {
      const GraphTask& leader = graph_.tasks[at(other)];
      if (task.session >= 0 && leader.session_leader && leader.session == task.session) {
        session = SyntheticTree::pid(id(other));
      }
    }
    SyntheticGroup& group = tree_.group_of(id(i));
    group.sid = session;
    group.pgid = session;
    // setsid(2) is not for leaders of process groups, so only who stays may be one.
    if (!task.session_leader && i % 4 == 3) group.pgid = SyntheticTree::pid(id(i));
  }

  const SharingGraph& graph_;
  SyntheticTree tree_;
  std::array<std::map<int, int>, kSharedCount> first_;
};

}  // namespace

ImageWriter graph_writer(const SharingGraph& graph, std::uint64_t seed) {
  return GraphTree(graph, seed).write();
}

Result<Image> graph_image(const SharingGraph& graph, std::uint64_t seed) {
  return graph_writer(graph, seed).to_image();
}

}  // namespace rb
