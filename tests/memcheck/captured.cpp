// A captured tree's records, of a tree that is made by hand: memcheck 3.19 knows no
// pidfd_open(2), so bench capture itself does not run under it.
#include "tests/memcheck/captured.h"

#include "harness/capture/to_image.h"

namespace rb {
namespace {

using namespace capture;

FoundTask make_task(pid_t tid, std::size_t process) {
  FoundTask task;
  task.tid = tid;
  task.process = process;
  task.name = "captured";
  task.cpu.xstate.resize(2048);
  task.pending.resize(1);
  return task;
}

/// Two processes, one with two threads, and one of everything that they can have.
FoundTree make_tree() {
  FoundTree tree;
  for (std::size_t i = 0; i < 2; ++i) {
    FoundProcess process;
    process.pid = static_cast<pid_t>(100 + i);
    if (i == 1) process.parent = 0;
    process.first_task = 2 * i;
    process.task_count = 2 - i;
    process.pending.resize(1);
    process.limits.resize(1);
    tree.processes.push_back(process);
  }
  tree.tasks = {make_task(100, 0), make_task(105, 0), make_task(101, 1)};
  tree.tasks[0].credentials = 0;
  tree.zombies.push_back({});
  tree.credentials.emplace_back().gids = {1, 2};
  tree.files = {{{0, 0, false}, {5, 1, true}}};
  tree.descriptions.resize(3);
  tree.descriptions[0].path = "/dev/null";
  tree.descriptions[1].kind = RBI_OFD_PIPE_READ;
  tree.descriptions[1].object = 0;
  tree.pipes.emplace_back().data.resize(7);
  tree.sockets.emplace_back().unread.resize(5);
  tree.fs.push_back({"/", "/", 022});
  tree.sighands.resize(1);
  tree.sighands[0].resize(2);
  return tree;
}

}  // namespace

void add_captured(ImageWriter& writer) { add_records(make_tree(), writer); }

}  // namespace rb
