#include "harness/trial.h"

#include <fmt/format.h>

namespace rb {
namespace {

/// For the tasks' own reports: they check every byte of their memory, GiB of it
/// perhaps, and on an emulated machine.
constexpr unsigned kReportTimeoutSeconds = 60;

tl::unexpected<TrialError> failed(const char* what, Error error) {
  error.message = fmt::format("{}: {}", what, error.message);
  return tl::unexpected(TrialError{std::move(error), {}});
}

TrialResult<void> judge(const char* what, Result<Verification> found) {
  if (!found) return failed("the verifier failed", std::move(found).error());
  if (found->ok()) return {};
  return tl::unexpected(
      TrialError{Error{ErrorKind::kRestart, fmt::format("restored wrong: {}", what), {}},
                 std::move(found->differences)});
}

TrialResult<void> verify_tree(const Parts& parts, const Image& image, Tree& tree) {
  if (!tree.access().at_barrier) {
    return judge("once running", parts.verify_running(image, tree, kReportTimeoutSeconds));
  }
  if (auto stopped = judge("at the barrier", parts.verify_stopped(image, tree)); !stopped) {
    return stopped;
  }
  if (!parts.checks_itself(image)) {  // a program would go on with its work
    return judge("at its first instruction", parts.verify_held(image, tree));
  }
  if (auto released = tree.release(); !released) {
    return failed("release", std::move(released).error());
  }
  return judge("once running", parts.verify_running(image, tree, kReportTimeoutSeconds));
}

}  // namespace

TrialResult<Restarted> restart_timed(Restarter& restarter, StageClock& clock) {
  clock.settle();
  return restart_settled(restarter, clock);
}

TrialResult<Restarted> restart_settled(Restarter& restarter, StageClock& clock) {
  clock.begin();
  auto tree = restarter.restart(clock);
  clock.end();
  if (!tree) return failed("restart", std::move(tree).error());
  return Restarted{std::move(*tree), {clock.total_ns(), clock.stages_ns()}};
}

TrialResult<void> finish(const Parts& parts, const Image& image, std::unique_ptr<Tree> tree,
                         bool verify) {
  TrialResult<void> verdict;
  if (verify) verdict = verify_tree(parts, image, *tree);
  if (auto destroyed = tree->destroy(); !destroyed && verdict) {
    return failed("destroy", std::move(destroyed).error());
  }
  return verdict;
}

}  // namespace rb
