// Restarts an image by running a program of the restorer's, worked out anew each time.
#pragma once

#include <functional>
#include <memory>

#include "strategies/strategy.h"
#include "strategies/userspace/compile.h"
#include "strategies/userspace/planner/plan.h"
#include "strategies/userspace/scaffold_address.h"
#include "strategies/userspace/session.h"

namespace rb {

/// What to run: planning is part of a restart's cost.
struct Prepared {
  Program program;
  bool execs = false;  ///< whether it, or what it hands over, needs the image's descriptor
};
using Prepare = std::function<Result<Prepared>(const ImageAt&)>;

/// What becomes of a session in which a program was started: a tree or the error. May add
/// to the stages.
using Finish = std::function<Result<std::unique_ptr<Tree>>(Session&, const Status& started,
                                                           Program&&, StageClock&)>;

/// The tree is the session's.
[[nodiscard]] Result<std::unique_ptr<Tree>> finish_plainly(Session& session, const Status& started,
                                                           Program&& program, StageClock& clock);

/// How many tasks may create others at once: as asked for, else one a CPU.
[[nodiscard]] unsigned creators(const StrategyOptions& options);

/// A plan whose long runs of like creations are divided among `width` creators.
[[nodiscard]] Result<Plan> plan_for(const SharingGraph& graph, unsigned width);

/// Prepares once to learn how much room a program takes, and makes the session; the
/// restarter prepares again for each restart.
[[nodiscard]] Result<std::unique_ptr<Restarter>> open_restarter(const Image& image,
                                                                const StrategyOptions& options,
                                                                Prepare prepare,
                                                                Finish finish = finish_plainly);

}  // namespace rb
