// Simulated histories of processes, after the kernel's rules.
#include <csignal>
#include <map>

#include "tests/support/graphs.h"

namespace rb::test {
namespace {

constexpr auto kMm = static_cast<std::size_t>(Shared::kMm);
constexpr auto kSighand = static_cast<std::size_t>(Shared::kSighand);
constexpr auto kFiles = static_cast<std::size_t>(Shared::kFiles);
constexpr auto kFs = static_cast<std::size_t>(Shared::kFs);

std::size_t at(int index) { return static_cast<std::size_t>(index); }

class History {
 public:
  History(std::mt19937_64& random, const HistoryOptions& options)
      : random_(random), options_(options) {
    Member root;
    for (int& object : root.task.object) object = fresh();
    members_.push_back(root);
  }

  void run() {
    const int events = 4 + below(options_.max_events - 3);
    for (int i = 0; i < events; ++i) event();
  }

  [[nodiscard]] SharingGraph survivors() const {
    std::map<int, int> number;
    for (std::size_t i = 0; i < members_.size(); ++i)
      if (members_[i].alive) number.emplace(static_cast<int>(i), static_cast<int>(number.size()));
    SharingGraph graph;
    for (const Member& member : members_) {
      if (!member.alive) continue;
      GraphTask task = member.task;
      task.leader = number.at(task.leader);
      if (task.parent >= 0) task.parent = number.at(task.parent);
      graph.tasks.push_back(task);
    }
    return graph;
  }

 private:
  struct Member {
    GraphTask task;
    bool alive = true;
  };

  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  int fresh() { return next_object_++; }
  GraphTask& task(int index) { return members_[at(index)].task; }

  template <class Predicate>
  int count(Predicate&& predicate) {
    int result = 0;
    for (const Member& member : members_)
      if (member.alive && predicate(member.task)) ++result;
    return result;
  }
  int users(std::size_t cls, int object) {
    return count([&](const GraphTask& t) { return t.object[cls] == object; });
  }
  int group_size(int leader) {
    return count([&](const GraphTask& t) { return t.leader == leader; });
  }
  void refresh_if_shared(int index, std::size_t cls) {
    if (users(cls, task(index).object[cls]) > 1) task(index).object[cls] = fresh();
  }

  void event() {
    std::vector<int> alive;
    for (std::size_t i = 0; i < members_.size(); ++i)
      if (members_[i].alive) alive.push_back(static_cast<int>(i));
    const int actor = alive[at(below(static_cast<int>(alive.size())))];
    const int kind = below(10);
    if (kind >= 10 - options_.exits) return exit(actor);
    if (kind == 5) return refresh_if_shared(actor, kFiles);
    if (kind == 6) return refresh_if_shared(actor, kFs);
    if (kind == 7) return below(2) == 0 ? exec(actor) : set_sid(actor);
    if (static_cast<int>(alive.size()) >= options_.max_tasks) return;
    if (options_.threads && below(4) == 0) return clone_thread(actor);
    clone_process(actor);
  }

  void clone_thread(int actor) {
    Member child{.task = task(actor)};
    child.task.session_leader = false;
    maybe_own_files(child.task);
    members_.push_back(child);
  }

  void clone_process(int actor) {
    const int group = task(actor).leader;
    Member child{.task = task(actor)};
    child.task.leader = static_cast<int>(members_.size());
    child.task.session_leader = false;
    child.task.session = task(group).session;
    maybe_own_files(child.task);
    const int memory = below(4);
    if (memory < 2) child.task.object[kMm] = fresh();
    if (memory < 3) child.task.object[kSighand] = fresh();
    if (group != 0 && below(4) == 0) {  // CLONE_PARENT
      child.task.parent = task(group).parent;
      child.task.exit_signal = task(group).exit_signal;
    } else {
      child.task.parent = group;
      child.task.exit_signal =
          options_.exit_signals && below(4) == 0 ? (below(2) == 0 ? 0 : SIGUSR1) : SIGCHLD;
    }
    members_.push_back(child);
  }

  void maybe_own_files(GraphTask& child) {
    if (below(2) == 0) child.object[kFiles] = fresh();
    if (below(2) == 0) child.object[kFs] = fresh();
  }

  void exec(int actor) {
    if (task(actor).leader != actor || group_size(actor) != 1) return;
    task(actor).object[kMm] = fresh();
    refresh_if_shared(actor, kSighand);
    refresh_if_shared(actor, kFiles);
    task(actor).exit_signal = SIGCHLD;
  }

  void set_sid(int actor) {
    if (!options_.sessions || task(actor).leader != actor || task(actor).session_leader) return;
    task(actor).session_leader = true;
    task(actor).session = fresh();
    for (Member& member : members_)
      if (member.task.leader == actor) member.task.session = task(actor).session;
  }

  void exit(int actor) {
    if (task(actor).leader != actor) {
      members_[at(actor)].alive = false;
      return;
    }
    if (actor == 0 || group_size(actor) != 1) return;
    const int session = task(actor).session;
    if (task(actor).session_leader &&
        count([&](const GraphTask& t) { return t.session == session; }) > 1)
      return;
    int heir = task(actor).parent;  // whichever ancestor is the nearest subreaper
    for (int up = below(3); up > 0 && task(heir).parent >= 0; --up) heir = task(heir).parent;
    for (Member& member : members_) {
      if (member.task.parent != actor) continue;
      member.task.parent = heir;
      member.task.exit_signal = SIGCHLD;
    }
    members_[at(actor)].alive = false;
  }

  std::mt19937_64& random_;
  const HistoryOptions& options_;
  std::vector<Member> members_;
  int next_object_ = 0;
};

}  // namespace

SharingGraph history_graph(std::mt19937_64& random, const HistoryOptions& options) {
  for (;;) {
    History history(random, options);
    history.run();
    SharingGraph graph = history.survivors();
    if (graph.tasks.size() >= 2) return graph;
  }
}

}  // namespace rb::test
