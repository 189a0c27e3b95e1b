#include "harness/verify/verify.h"

#include <chrono>

#include "harness/verify/check_special.h"
#include "harness/verify/checks.h"
#include "harness/verify/helper.h"

namespace rb {
namespace {

/// How long the checks may take: what a slow emulated machine needs for the
/// records, and for the contents at 20 MB/s.
std::chrono::seconds time_limit(const Image& image) {
  const std::uint64_t records = image.tasks().size() + image.fds().size() + image.vmas().size();
  return std::chrono::seconds(60 + records / 200 + image.header().pages_size / 20'000'000);
}

Status check_stopped(Inspection& inspection) {
  std::vector<std::vector<ProcMapping>> spaces;
  RB_TRY(check_tasks(inspection));
  RB_TRY(check_sharing(inspection));
  RB_TRY(check_filesystem(inspection));
  RB_TRY(check_signals(inspection));
  RB_TRY(check_timers(inspection));
  RB_TRY(check_attributes(inspection));
  RB_TRY(check_descriptors(inspection));
  RB_TRY(check_maps(inspection, spaces));
  return check_memory(inspection, spaces);
}

/// A tree that runs already when it is first seen. What a program has done since is not to be told
/// from what was restored wrong; tasks with the payload rest once they have reported.
Status check_restored(Inspection& inspection, unsigned timeout_s) {
  std::vector<std::vector<ProcMapping>> spaces;
  RB_TRY(check_tasks(inspection));
  if (!checks_itself(inspection.image)) return {};
  RB_TRY(check_reports(inspection, timeout_s));
  RB_TRY(refresh_statuses(inspection));
  RB_TRY(check_sharing(inspection));
  RB_TRY(check_filesystem(inspection));
  RB_TRY(check_descriptors(inspection));
  RB_TRY(check_masks(inspection));
  return check_maps(inspection, spaces);
}

Status check_running(Inspection& inspection, unsigned timeout_s) {
  if (!inspection.access.at_barrier) return check_restored(inspection, timeout_s);
  std::vector<std::vector<ProcMapping>> spaces;
  // Before the wait: who is there; after it: what they look like.
  RB_TRY(check_tasks(inspection));
  RB_TRY(check_reports(inspection, timeout_s));
  RB_TRY(refresh_statuses(inspection));
  RB_TRY(check_masks(inspection));
  return check_maps(inspection, spaces);
}

}  // namespace

Result<Verification> verify_stopped(const Image& image, const Tree& tree) {
  const TreeAccess access = tree.access();
  return inspect_inside(access, time_limit(image), [&](Findings& findings) -> Status {
    Inspection inspection(image, access, Moment::kStopped, findings);
    return check_stopped(inspection);
  });
}

Result<Verification> verify_held(const Image& image, Tree& tree) {
  const TreeAccess access = tree.access();
  return inspect_inside(
      access, time_limit(image),
      [&](Findings& findings) -> Status {
        Inspection inspection(image, access, Moment::kStopped, findings);
        RB_TRY(check_tasks(inspection));
        return check_held(inspection);
      },
      [&tree] { return tree.release(); });
}

Result<Verification> verify_running(const Image& image, const Tree& tree, unsigned timeout_s) {
  const TreeAccess access = tree.access();
  const auto limit = time_limit(image) + std::chrono::seconds(timeout_s);
  return inspect_inside(access, limit, [&](Findings& findings) -> Status {
    Inspection inspection(image, access, Moment::kRunning, findings);
    return check_running(inspection, timeout_s);
  });
}

}  // namespace rb
