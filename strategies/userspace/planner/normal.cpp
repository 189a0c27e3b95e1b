#include "strategies/userspace/planner/normal.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace rb {
namespace {

/// Gives numbers out in the order in which keys are first seen. Keys are dense
/// in every image, so an array does; a map guards against odd ones.
class Renumbering {
 public:
  explicit Renumbering(int highest, std::size_t tasks) {
    if (static_cast<std::size_t>(std::max(highest, 0)) < 16 * tasks + 1024)
      dense_.assign(static_cast<std::size_t>(std::max(highest, 0)) + 1, -1);
  }
  int operator()(int key) {
    if (dense_.empty()) {
      const auto [entry, added] = sparse_.try_emplace(key, count_);
      count_ += added ? 1 : 0;
      return entry->second;
    }
    int& number = dense_[static_cast<std::size_t>(key)];
    if (number < 0) number = count_++;
    return number;
  }
  [[nodiscard]] int count() const { return count_; }

 private:
  std::vector<int> dense_;
  std::unordered_map<int, int> sparse_;
  int count_ = 0;
};

Status check_task(const SharingGraph& graph, int index) {
  const auto& tasks = graph.tasks;
  const int size = static_cast<int>(tasks.size());
  const GraphTask& task = tasks[static_cast<std::size_t>(index)];
  auto bad = [&](std::string_view why) {
    return fail(ErrorKind::kBadImage, fmt::format("sharing graph: task {}: {}", index, why));
  };
  if (task.leader < 0 || task.leader > index) return bad("its leader does not precede it");
  if (tasks[static_cast<std::size_t>(task.leader)].leader != task.leader)
    return bad("its leader is not a leader");
  for (const int object : task.object)
    if (object < 0) return bad("an object number is negative");
  if (task.leader != index) return {};
  if ((index == 0) != (task.parent == -1)) return bad("exactly task 0 is the root");
  if (index == 0) return {};
  if (task.parent < 0 || task.parent >= std::min(index, size))
    return bad("its parent does not precede it");
  if (tasks[static_cast<std::size_t>(task.parent)].leader != task.parent)
    return bad("its parent is not a leader");
  return {};
}

Status number_objects(const SharingGraph& graph, NormalGraph& normal) {
  const auto& tasks = graph.tasks;
  normal.object.resize(tasks.size());
  for (std::size_t cls = 0; cls < kSharedCount; ++cls) {
    int highest = 0;
    for (const GraphTask& task : tasks) highest = std::max(highest, task.object[cls]);
    Renumbering renumber(highest, tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i)
      normal.object[i][cls] = renumber(tasks[i].object[cls]);
    normal.object_count[cls] = renumber.count();
  }
  return {};
}

// Documentation/clone(2): CLONE_SIGHAND needs CLONE_VM, CLONE_THREAD needs both.
Status check_sighands(const SharingGraph& graph, const NormalGraph& normal) {
  constexpr auto kMm = static_cast<std::size_t>(Shared::kMm);
  constexpr auto kSighand = static_cast<std::size_t>(Shared::kSighand);
  std::vector<int> first(static_cast<std::size_t>(normal.object_count[kSighand]), -1);
  for (std::size_t i = 0; i < graph.tasks.size(); ++i) {
    const auto& mine = normal.object[i];
    const auto leader = static_cast<std::size_t>(graph.tasks[i].leader);
    if (mine[kMm] != normal.object[leader][kMm] ||
        mine[kSighand] != normal.object[leader][kSighand])
      return fail(
          ErrorKind::kUnsupported,
          fmt::format("thread {} does not share mm and sighand with its leader {}", i, leader));
    int& user = first[static_cast<std::size_t>(mine[kSighand])];
    if (user < 0) user = static_cast<int>(i);
    if (normal.object[static_cast<std::size_t>(user)][kMm] != mine[kMm])
      return fail(ErrorKind::kUnsupported,
                  fmt::format("tasks {} and {} share a sighand but not the mm, which clone(2) "
                              "does not allow",
                              user, i));
  }
  return {};
}

Status number_sessions(const SharingGraph& graph, NormalGraph& normal) {
  const auto& tasks = graph.tasks;
  int highest = 0;
  for (const GraphTask& task : tasks) highest = std::max(highest, task.session);
  Renumbering renumber(highest, tasks.size());
  std::vector<int> leader;  // by number - 1
  normal.session.assign(tasks.size(), kOutsideSession);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const GraphTask& task = tasks[i];
    if (task.leader != static_cast<int>(i)) {
      normal.session[i] = normal.session[static_cast<std::size_t>(task.leader)];
      continue;
    }
    if (task.session < 0) {
      if (task.session_leader)
        return fail(ErrorKind::kBadImage,
                    fmt::format("sharing graph: task {} leads the coordinator's session", i));
      continue;
    }
    const int number = renumber(task.session) + 1;
    normal.session[i] = number;
    leader.resize(static_cast<std::size_t>(renumber.count()), -1);
    if (!task.session_leader) continue;
    int& mine = leader[static_cast<std::size_t>(number) - 1];
    if (mine >= 0)
      return fail(ErrorKind::kBadImage,
                  fmt::format("sharing graph: tasks {} and {} both lead session {}", mine, i,
                              task.session));
    mine = static_cast<int>(i);
  }
  normal.session_count = renumber.count() + 1;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const int number = normal.session[i];
    if (number != kOutsideSession && leader[static_cast<std::size_t>(number) - 1] < 0)
      return fail(ErrorKind::kUnsupported,
                  fmt::format("dead session leader: task {} is in session {}, whose leader is "
                              "not among the tasks",
                              i, tasks[i].session));
  }
  return {};
}

}  // namespace

std::string_view shared_name(Shared object) {
  constexpr std::array<std::string_view, kSharedCount> kNames = {"mm", "sighand", "files", "fs"};
  return kNames[static_cast<std::size_t>(object)];
}

Result<NormalGraph> normalise(const SharingGraph& graph) {
  if (graph.tasks.empty()) return fail(ErrorKind::kBadImage, "sharing graph: no tasks");
  for (std::size_t i = 0; i < graph.tasks.size(); ++i)
    RB_TRY(check_task(graph, static_cast<int>(i)));
  NormalGraph normal;
  RB_TRY(number_objects(graph, normal));
  RB_TRY(check_sighands(graph, normal));
  RB_TRY(number_sessions(graph, normal));
  return normal;
}

}  // namespace rb
