// The sharing graph: what the planner sees of an image.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

namespace rb {

/// The kernel objects that clone(2) shares or copies, in the order that matters
/// for clone: a sighand can only be shared where the mm is.
enum class Shared { kMm, kSighand, kFiles, kFs };
inline constexpr std::size_t kSharedCount = 4;

/// "mm", "sighand", "files", "fs".
[[nodiscard]] std::string_view shared_name(Shared object);

/// One task of the tree to be made. Indices are positions in the graph.
struct GraphTask {
  int leader = 0;   ///< its thread group's leader; itself for a leader
  int parent = -1;  ///< leader of the parent's thread group; -1 = the coordinator
  /// Which mm, sighand, files, fs it uses: any numbers >= 0, equal = shared.
  std::array<int, kSharedCount> object{};
  /// Session, as a number; equal = same session, -1 = the coordinator's.
  int session = -1;
  bool session_leader = false;  ///< calls setsid(2) in person; leaders only
  int exit_signal = 17;         ///< SIGCHLD; of leaders
};

/// Tasks in an order in which a parent's leader precedes its children and a
/// leader its threads. Task 0 is the root; every other task descends from it.
struct SharingGraph {
  std::vector<GraphTask> tasks;
};

}  // namespace rb
