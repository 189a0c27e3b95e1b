// Sessions and process groups as a shell makes them: in each session its leader,
// a child in the leader's group, a job with a group of its own, and a second
// process of that job.
#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/tree.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"n", "sessions besides that of the root", 4, 0, 399, "1,10,100"},
};

void set_ids(SyntheticTree& tree, TaskId task, TaskId session, TaskId group) {
  tree.group_of(task).sid = SyntheticTree::pid(session);
  tree.group_of(task).pgid = SyntheticTree::pid(group);
}

Status build(const ParameterValues& values, ImageWriter& writer) {
  SyntheticTree tree("sessions", seed_of(values));
  set_ids(tree, tree.root(), tree.root(), tree.root());
  for (std::int64_t i = 0; i < value_of(values, "n"); ++i) {
    const TaskId leader = tree.fork(tree.root());
    set_ids(tree, leader, leader, leader);
    tree.fork(leader);
    const TaskId job = tree.fork(leader);
    set_ids(tree, job, leader, job);
    const TaskId second = tree.fork(leader);
    set_ids(tree, second, leader, job);
    tree.fork(second);
  }
  tree.write(writer);
  return {};
}

}  // namespace

const Workload kSessions = {"sessions", "n sessions with two process groups each", kParameters,
                            build};

}  // namespace rb
