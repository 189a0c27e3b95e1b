// Restarts the first task of an image by hand, to test the payload without a strategy.
#pragma once

#include <signal.h>
#include <ucontext.h>

#include <functional>
#include <optional>

#include "image/image.h"
#include "workloads/payload/check_block.h"
#include "workloads/payload/payload_xstate.h"

namespace rb::test {

/// The task as it is about to be entered, inside the child: what a test breaks.
/// Memory is at the image's addresses already, all of it writable.
struct AboutToRun {
  payload_check_block& block;  ///< the copy that the payload will read
  ucontext_t& context;         ///< registers, mask and alternate stack
  payload_xstate& xstate;
  __u64& fs_base;
  __u64& gs_base;
};
using Breaker = std::function<void(AboutToRun&)>;

/// Runs task 0 of an image in a forked child, as an unprivileged
/// user can: process id, session, group and brk are the child's own, and so the
/// check block is made to expect them. The breaker runs last of all. `fix` runs before fds and
/// signals are set up,
/// @return the report, or nothing if none came within 20 seconds or the child died
[[nodiscard]] std::optional<payload_report> run_by_hand(const Image& image,
                                                        const Breaker& breaker = {});

}  // namespace rb::test
