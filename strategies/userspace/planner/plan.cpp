#include "strategies/userspace/planner/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "strategies/userspace/planner/direct.h"
#include "strategies/userspace/planner/expand.h"
#include "strategies/userspace/planner/search.h"

namespace rb {
namespace {

/// Up to this many tasks a thorough search is affordable at every price level,
/// so that the plan found is the cheapest one.
constexpr std::size_t kThoroughTasks = 6;

/// What every refusal that is proof says.
constexpr std::string_view kAllTried = "all tried";

/// Another task that uses the blocked object of result.blocked; -1: none.
int other_user(const NormalGraph& normal, const SearchResult& result) {
  const auto cls = static_cast<std::size_t>(result.blocked_class);
  const auto blocked = static_cast<std::size_t>(result.blocked);
  for (std::size_t i = 0; i < normal.object.size(); ++i)
    if (i != blocked && normal.object[i][cls] == normal.object[blocked][cls])
      return static_cast<int>(i);
  return -1;
}

tl::unexpected<Error> refuse(const SharingGraph& graph, const NormalGraph& normal,
                             const PlannerMeans& means, const SearchResult& result) {
  std::string what;
  const bool object = result.blocked_class < static_cast<int>(kSharedCount);
  const int other = object && result.blocked >= 0 ? other_user(normal, result) : -1;
  if (other >= 0)
    what = fmt::format(
        "task {} shares {} with task {}, which no creator it can have is able to "
        "pass on",
        result.blocked, shared_name(static_cast<Shared>(result.blocked_class)), other);
  else if (result.blocked >= 0)
    what = fmt::format(
        "task {} cannot get its parent, session or exit signal from any creator "
        "that has its objects",
        result.blocked);
  else
    what = "the root cannot get its session";
  const bool plain_signals =
      std::all_of(graph.tasks.begin(), graph.tasks.end(),
                  [](const GraphTask& task) { return task.exit_signal == SIGCHLD; });
  if (!result.exhausted)
    return fail(ErrorKind::kUnsupported,
                fmt::format("{}: no order of stock system calls was found; the search gave up "
                            "after {} nodes",
                            what, means.node_limit));
  if (!plain_signals)
    return fail(ErrorKind::kUnsupported,
                fmt::format("{}: no order of stock system calls was found; exit signals other "
                            "than SIGCHLD were tried as plain clones only",
                            what));
  return fail(ErrorKind::kUnsupported,
              fmt::format("{}: no order of stock system calls makes it ({}, with up to {} "
                          "throw-away tasks)",
                          what, kAllTried, means.max_throwaways));
}

}  // namespace

bool is_proof(const Error& refusal) { return refusal.message.find(kAllTried) != std::string::npos; }

Result<Plan> make_plan(const SharingGraph& graph, const PlannerMeans& means) {
  auto normal = normalise(graph);
  if (!normal) return tl::unexpected<Error>(std::move(normal).error());
  if (auto plan = plan_direct(graph, *normal)) return *std::move(plan);

  Reducer reducer(graph, *normal, means);
  const bool small = graph.tasks.size() <= kThoroughTasks;
  SearchResult result;
  auto attempt = [&](int throwaways, bool exec, bool thorough) {
    result = search(
        reducer,
        {.throwaways = throwaways, .exec = exec, .thorough = thorough, .nodes = means.node_limit});
    return result.moves.has_value();
  };
  auto found = [&] {
    for (int throwaways = 0; throwaways <= means.max_throwaways; ++throwaways)
      for (int exec = 0; exec <= (means.exec ? 1 : 0); ++exec)
        if (attempt(throwaways, exec != 0, false) ||
            (small && attempt(throwaways, exec != 0, true)))
          return true;
    return !small && attempt(means.max_throwaways, means.exec, true);
  };
  if (!found()) return refuse(graph, *normal, means, result);
  Plan plan = expand(graph, *result.moves);
  plan.work = reducer.work();
  return plan;
}

}  // namespace rb
