// Any sharing graph: its plan makes exactly that graph, or there is a reason why not.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstdlib>

#include "strategies/userspace/planner/plan.h"
#include "tests/support/graphs.h"

namespace {

using rb::GraphTask;
using rb::SharingGraph;

/// A tree of processes and threads with objects by any partition that the kernel's rules
/// for clone(2) allow: threads share mm and sighand, users of a sighand their mm.
SharingGraph any_graph(FuzzedDataProvider& data) {
  SharingGraph graph;
  const int tasks = data.ConsumeIntegralInRange(1, 16);
  for (int i = 0; i < tasks; ++i) {
    GraphTask task;
    task.leader = i;
    task.parent = i == 0 ? -1 : data.ConsumeIntegralInRange(0, i - 1);
    if (i > 0) task.parent = graph.tasks[static_cast<std::size_t>(task.parent)].leader;
    if (i > 0 && data.ConsumeIntegralInRange(0, 3) == 0) {
      const GraphTask leader = graph.tasks[static_cast<std::size_t>(task.parent)];
      task.leader = task.parent;
      task.parent = leader.parent;
      task.object = leader.object;
      task.session = leader.session;
    } else {
      task.object[0] = data.ConsumeIntegralInRange(0, i);
      task.object[1] = data.ConsumeIntegralInRange(0, 1) * 100 + task.object[0];
      const int above = i == 0 ? -1 : graph.tasks[static_cast<std::size_t>(task.parent)].session;
      task.session_leader = data.ConsumeIntegralInRange(0, 7) == 0;
      task.session = task.session_leader ? 100 + i : above;
    }
    task.object[2] = data.ConsumeIntegralInRange(0, i);
    task.object[3] = data.ConsumeIntegralInRange(0, i);
    if (data.ConsumeIntegralInRange(0, 15) == 0)
      task.exit_signal = data.ConsumeIntegralInRange(0, 64);
    graph.tasks.push_back(task);
  }
  return graph;
}

[[noreturn]] void wrong(const SharingGraph& graph, const std::string& what) {
  fprintf(stderr, "%s\n%s\n", rb::test::describe(graph).c_str(), what.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  rb::PlannerMeans means;
  means.node_limit = data.ConsumeIntegralInRange(1, 300);
  means.max_throwaways = data.ConsumeIntegralInRange(0, 2);
  means.exec = data.ConsumeBool();
  means.unshare = data.ConsumeBool();
  means.clone_parent = data.ConsumeBool();
  const auto width = data.ConsumeIntegralInRange<unsigned>(1, 4);
  const SharingGraph graph = any_graph(data);

  const auto plan = rb::make_plan(graph, means);
  if (!plan) {
    if (plan.error().kind != rb::ErrorKind::kUnsupported || plan.error().message.empty())
      wrong(graph, "refused without a reason");
    return 0;
  }
  if (plan->throwaways > means.max_throwaways || (plan->execs > 0 && !means.exec) ||
      (plan->unshares > 0 && !means.unshare))
    wrong(graph, "the plan takes means that it was not given");
  for (const rb::Plan& either : {*plan, rb::spread(graph, *plan, width, 2)}) {
    const rb::Replay replay = rb::replay(graph, either);
    if (!replay.mistake.empty()) wrong(graph, replay.mistake);
  }
  return 0;
}
