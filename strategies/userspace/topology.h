// What happens to the shared objects while a plan runs.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "strategies/userspace/planner/plan.h"

namespace rb {

/// One mm, sighand, files_struct or fs_struct that comes into being during a
/// plan. Some are dropped again before its end: final_index is -1 then.
struct PlannedObject {
  int source = -1;       ///< object that it was copied from; -1 = the coordinator's
  int founder = -1;      ///< task that holds it first
  int step = -1;         ///< step of the plan that makes it
  int final_index = -1;  ///< the graph's number of it, if a graph task ends with it
  int owner = -1;        ///< the graph task that restores its contents, if any
  /// Whether a task other than its owner copies it: its contents must then
  /// wait until the topology stands.
  bool copied_by_others = false;
  bool copied = false;      ///< whether any task copies it
  bool by_exec = false;     ///< made by an exec, not by copying
  bool exec_keeps = false;  ///< files: its founder execs later and keeps it
};

/// Copies that tasks get while a plan runs, and who ends up with what.
struct Topology {
  /// By class: objects in the order in which they come into being.
  std::array<std::vector<PlannedObject>, kSharedCount> objects;
  /// By class and task: the object that the task has at the end.
  std::array<std::vector<int>, kSharedCount> held;
  /// By step: the files object that the step founds, or -1.
  std::vector<int> founds_files;
  /// By task: whether it copies any object in one of its steps.
  std::vector<char> copies;
  /// By task (not coordinator): who created it, kCoordinator for the root.
  std::vector<int> creator;

  [[nodiscard]] const PlannedObject& object_of(Shared kind, int task) const {
    const auto k = static_cast<std::size_t>(kind);
    return objects[k][static_cast<std::size_t>(held[k][static_cast<std::size_t>(task)])];
  }
};

/// Follows a plan that makes the graph.
[[nodiscard]] Topology follow(const SharingGraph& graph, const Plan& plan);

}  // namespace rb
