#include "harness/restart_command.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "harness/exit_code.h"
#include "harness/format.h"
#include "harness/interrupt.h"
#include "harness/names.h"
#include "harness/selection.h"

namespace rb {
namespace {

/// The tree's first process, once it runs.
int running_root = -1;
bool handed_on = false;

/// A first signal ends the restart, or is handed on to the tree that runs; a second one
/// ends whatever there is.
bool given_up() {
  const int signal = interrupted_by();
  if (signal == 0) return false;
  if (running_root < 0) return true;
  if (!handed_on) ::syscall(SYS_pidfd_send_signal, running_root, signal, nullptr, 0);
  handed_on = true;
  return interrupted_again();
}

/// Who has a pid of the image already. clone3(2) would say EEXIST, but not of which task.
Status check_pids(const Image& image, const std::string& path) {
  for (const rbi_task& task : image.tasks()) {
    std::ifstream comm(fmt::format("/proc/{}/comm", task.pid));
    std::string name;
    if (!std::getline(comm, name)) continue;
    return fail(ErrorKind::kUnsupported,
                fmt::format("pid {} of {} is taken, by {}", task.pid, path, name),
                "end that process, or restart in a pid namespace of its own: unshare --pid "
                "--fork --mount-proc bench restart ...");
  }
  return {};
}

int exit_code_of_wait(int status) {
  return WIFSIGNALED(status) ? kExitSignal + WTERMSIG(status) : WEXITSTATUS(status);
}

/// Waits for the first process. Others may outlive it, as they do without bench.
Result<int> wait_for(Tree& tree, __u32 pid) {
  const Fd root(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  running_root = root.get();
  const auto status = tree.wait_root();
  running_root = -1;
  if (status) {
    RB_TRY(tree.detach());
    return exit_code_of_wait(*status);
  }
  RB_TRY(tree.destroy());
  if (interrupted_by() != 0) return kExitSignal + interrupted_by();
  return tl::unexpected(status.error());
}

}  // namespace

Result<int> restart_command(const RestartOptions& options, const Parts& parts,
                            const Streams& streams) {
  const Strategy* strategy = find_named(parts.strategies, options.strategy);
  if (strategy == nullptr) {
    return fail(ErrorKind::kUsage, fmt::format("'{}' is not a strategy", options.strategy),
                "strategies are " + joined_names(parts.strategies));
  }
  if ((strategy->flags & (kRestoresTree | kHostPids)) != (kRestoresTree | kHostPids)) {
    return fail(ErrorKind::kUsage,
                fmt::format("'{}' does not restart a tree that could run", options.strategy));
  }
  if (const auto lacks = machine_lacks(*strategy)) {
    return fail(ErrorKind::kLacking, fmt::format("{} {}", options.strategy, *lacks));
  }
  const auto image = Image::open(options.path, CheckContents::kYes);
  if (!image) return tl::unexpected(image.error());
  RB_TRY(check_pids(*image, options.path));

  const InterruptGuard guard;
  StrategyOptions how;
  how.pids = PidMode::kHost;
  how.given_up = given_up;
  RB_TRY(strategy->supports(*image, how));
  const auto restarter = strategy->prepare(*image, how);
  if (!restarter) return tl::unexpected(restarter.error());
  StageClock clock(monotonic_time());
  clock.begin();
  const auto tree = (*restarter)->restart(clock);
  clock.end();
  // Before anything else that went wrong, and before what was made of it runs.
  RB_TRY(image->unchanged());
  if (!tree) return tl::unexpected(tree.error());
  RB_TRY((*tree)->release());
  streams.out << fmt::format("{}: {} tasks restarted by {} in {:.2f} ms; pid {} goes on\n",
                             options.path, format_count(image->tasks().size()), strategy->name,
                             static_cast<double>(clock.total_ns()) * 1e-6,
                             image->tasks().front().pid)
              << std::flush;
  if (!options.detach) return wait_for(**tree, image->tasks().front().pid);
  RB_TRY((*tree)->detach());
  return kExitOk;
}

}  // namespace rb
