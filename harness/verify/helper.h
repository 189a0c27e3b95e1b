// Runs code where the pids of a restarted tree have their meaning.
#pragma once

#include <chrono>
#include <functional>

#include "base/error.h"
#include "harness/verify/findings.h"
#include "harness/verify/verify.h"
#include "strategies/strategy.h"

namespace rb {

/// What runs inside; an error is one of the verifier, not of the tree.
using InsideCheck = std::function<Status(Findings&)>;

/// Forks a process into the tree's pid namespace, with a /proc of that
/// namespace of its own, runs check there and returns what it found. kcmp(2),
/// process_vm_readv(2) and /proc then take the image's own pids.
///
/// The caller may be multi-threaded: the child uses malloc, which glibc's
/// fork(3) keeps usable, and nothing else that another thread may have locked.
/// No process is left behind: a supervisor in the caller's namespace kills and
/// reaps the inspecting process at the limit, and both die with their parents.
///
/// @param release  called once in this process when the check asks for it (Findings::release())
///
/// Errors: kLacking where a privilege is missing (CAP_SYS_ADMIN for setns(2)
/// and mount(2)); kRestart when the coordinator is gone; kSystem after limit.
[[nodiscard]] Result<Verification> inspect_inside(const TreeAccess& access,
                                                  std::chrono::milliseconds limit,
                                                  const InsideCheck& check,
                                                  const std::function<Status()>& release = {});

}  // namespace rb
