// The state of the search: what is undone is as it was, and what differs is told apart.
#include "strategies/userspace/planner/state.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "strategies/userspace/planner/fingerprint.h"
#include "tests/support/graphs.h"

namespace rb::test {
namespace {

NormalGraph normal_of(const SharingGraph& graph) {
  auto normal = normalise(graph);
  if (!normal) FAIL(normal.error().message);
  return std::move(*normal);
}

/// All that can be asked of a state, as numbers.
std::vector<int> everything(const ReverseState& state, const NormalGraph& normal) {
  std::vector<int> all = {state.size(), state.alive()};
  const auto end = [&] { all.push_back(-9); };
  for (int i = state.first_alive(); i >= 0; i = state.next_alive(i)) all.push_back(i);
  end();
  for (int task = kCoordinator; task < state.size(); ++task) {
    for (int i = state.first_child(task); i >= 0; i = state.next_child(i)) all.push_back(i);
    end();
    all.push_back(state.child_count(task));
    if (task == kCoordinator) continue;
    for (int i = state.first_thread(task); i >= 0; i = state.next_thread(i)) all.push_back(i);
    end();
    const StateTask& one = state.task(task);
    all.insert(all.end(), one.object.begin(), one.object.end());
    all.insert(all.end(), {one.leader, one.parent, one.moves_children, one.throwaway, one.alive});
  }
  for (int cls = 0; cls < kClassCount; ++cls) {
    const auto at = static_cast<std::size_t>(cls);
    const int count = cls == kSessionClass ? normal.session_count : normal.object_count[at];
    for (int object = 0; object < count; ++object) {
      for (int i = state.first_user(cls, object); i >= 0; i = state.next_user(cls, i))
        all.push_back(i);
      end();
      all.push_back(state.users(cls, object));
    }
  }
  return all;
}

/// Something that a search may do.
void change_anything(ReverseState& state, const NormalGraph& normal, std::mt19937_64& random) {
  const auto below = [&](int end) {
    return static_cast<int>(random() % static_cast<unsigned>(end));
  };
  std::vector<int> alive;
  for (int i = state.first_alive(); i >= 0; i = state.next_alive(i)) alive.push_back(i);
  const int task = alive[random() % alive.size()];
  switch (below(4)) {
    case 0:
      if (state.is_leaf(task) && alive.size() > 1) state.remove(task);
      return;
    case 1: {
      const int cls = below(static_cast<int>(kSharedCount));
      const int count = normal.object_count[static_cast<std::size_t>(cls)];
      const int object = below(count + 1);
      if (const int wanted = object == count ? kWild : object;
          wanted != state.task(task).object[static_cast<std::size_t>(cls)])
        state.change(task, cls, wanted);
      return;
    }
    case 2:
      if (state.is_leader(task)) state.add_throwaway(task);
      return;
    default:
      if (state.task(task).throwaway) state.set_moves_children(task, below(state.size()));
      return;
  }
}

TEST_CASE("what is undone is as it was, in each list", "[planner]") {
  std::mt19937_64 random(5);
  for (int round = 0; round < 200; ++round) {
    const SharingGraph graph = partition_graph(random, 8);
    const NormalGraph normal = normal_of(graph);
    ReverseState state(graph, normal);
    std::vector<std::pair<std::size_t, std::vector<int>>> before;
    for (int depth = 0; depth < 12; ++depth) {
      before.emplace_back(state.mark(), everything(state, normal));
      for (int i = 0; i < 3; ++i) change_anything(state, normal, random);
    }
    for (; !before.empty(); before.pop_back()) {
      state.undo_to(before.back().first);
      REQUIRE(everything(state, normal) == before.back().second);
    }
  }
}

TEST_CASE("an adopter that is undone is as it was", "[planner]") {
  const SharingGraph graph = processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {1, 2, 2, 2, 2}});
  const NormalGraph normal = normal_of(graph);
  ReverseState state(graph, normal);
  const int helper = state.add_throwaway(2);
  const std::size_t none = state.mark();
  state.set_moves_children(helper, 0);
  const std::size_t one = state.mark();
  state.set_moves_children(helper, 1);
  CHECK(state.task(helper).moves_children == 1);
  state.undo_to(one);
  CHECK(state.task(helper).moves_children == 0);
  state.undo_to(none);
  CHECK(state.task(helper).moves_children == kWild);
}

/// Four processes: 1 and 2 are children of 0, 3 of 1; 0 and 3 share files.
struct Kin {
  SharingGraph graph =
      processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {0, 2, 2, 2, 2}, {1, 3, 3, 0, 3}});
  NormalGraph normal = normal_of(graph);
  ReverseState state{graph, normal};
  [[nodiscard]] std::uint64_t print(int throwaways = 1) const {
    return fingerprint(state, throwaways);
  }
};

TEST_CASE("a dead end is one only with as many throw-away tasks left", "[planner]") {
  const Kin kin;
  CHECK(kin.print(0) != kin.print(1));
  CHECK(kin.print(1) != kin.print(2));
  CHECK(kin.print(1) == Kin().print(1));
}

TEST_CASE("states with other tasks left are told apart", "[planner]") {
  Kin one;
  Kin other;
  one.state.remove(2);
  CHECK(one.print() != other.print());
  other.state.remove(3);
  CHECK(one.print() != other.print());
  one.state.remove(3);
  other.state.remove(2);
  CHECK(one.print() == other.print());  // whichever went first
}

TEST_CASE("states with as many tasks left, which share nothing, are told apart", "[planner]") {
  const SharingGraph graph =
      processes({{-1, 0, 0, 0, 0}, {0, 1, 1, 1, 1}, {0, 2, 2, 2, 2}, {1, 3, 3, 3, 3}});
  const NormalGraph normal = normal_of(graph);
  ReverseState one(graph, normal);
  ReverseState other(graph, normal);
  one.remove(2);
  other.remove(3);
  CHECK(fingerprint(one, 0) != fingerprint(other, 0));
}

TEST_CASE("states with another throw-away task are told apart", "[planner]") {
  Kin one;
  Kin other;
  const int helper = one.state.add_throwaway(1);
  CHECK(one.print() != other.print());
  const std::size_t mark = other.state.mark();
  CHECK(other.state.add_throwaway(0) == helper);
  CHECK(one.print() != other.print());  // another parent
  other.state.undo_to(mark);
  other.state.add_throwaway(1);
  CHECK(one.print() == other.print());
  one.state.set_moves_children(helper, 0);
  CHECK(one.print() != other.print());  // its children can go to one task only now
  other.state.set_moves_children(helper, 1);
  CHECK(one.print() != other.print());
  other.state.set_moves_children(helper, 0);
  CHECK(one.print() == other.print());
}

TEST_CASE("who shares matters, and not by which number", "[planner]") {
  constexpr int kFiles = static_cast<int>(Shared::kFiles);
  Kin one;
  Kin other;
  one.state.change(1, kFiles, kWild);
  CHECK(one.print() != other.print());
  other.state.change(1, kFiles, kWild);
  one.state.change(2, kFiles, 1);  // 1 is nobody's any more, as 2 is then
  CHECK(one.print() == other.print());
  one.state.change(2, kFiles, 0);
  CHECK(one.print() != other.print());
}

}  // namespace
}  // namespace rb::test
