#include "strategies/userspace/image_graph.h"

#include <unordered_map>

namespace rb {

SharingGraph sharing_graph(const Image& image) {
  const auto tasks = image.tasks();
  const auto groups = image.groups();

  // Sessions are numbered by their leader's task, or by what no task has.
  std::unordered_map<__u32, int> sessions;
  for (const rbi_group& group : groups) {
    if (group.sid != 0 && group.sid == tasks[group.leader].pid) {
      sessions.emplace(group.sid, static_cast<int>(group.leader));
    }
  }
  int leaderless = static_cast<int>(tasks.size());

  SharingGraph graph;
  graph.tasks.resize(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const rbi_task& task = tasks[i];
    const rbi_group& group = groups[task.group];
    GraphTask& node = graph.tasks[i];
    node.leader = static_cast<int>(group.leader);
    node.parent = group.parent == RBI_NONE ? -1 : static_cast<int>(groups[group.parent].leader);
    node.object = {static_cast<int>(task.mm), static_cast<int>(task.sighand),
                   static_cast<int>(task.files), static_cast<int>(task.fs)};
    node.exit_signal = static_cast<int>(group.exit_signal);
    if (group.sid != 0) {
      const auto [at, added] = sessions.try_emplace(group.sid, leaderless);
      if (added) ++leaderless;
      node.session = at->second;
      node.session_leader = i == group.leader && at->second == static_cast<int>(i);
    }
  }
  return graph;
}

}  // namespace rb
