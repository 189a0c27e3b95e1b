#include "harness/capture/capture.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/replacement.h"
#include "harness/capture/asking.h"
#include "harness/capture/descriptors.h"
#include "harness/capture/frozen_tree.h"
#include "harness/capture/memory.h"
#include "harness/capture/pty_data.h"
#include "harness/capture/refusals.h"
#include "harness/capture/tasks.h"
#include "harness/capture/to_image.h"
#include "image/image.h"
#include "strategies/stage.h"

namespace rb {
namespace {

/// Adds up the time between marks.
class Stopwatch {
 public:
  explicit Stopwatch(Captured& into) : into_(into), last_(monotonic_time().now_ns()) {}
  void mark(CaptureStage stage) {
    const std::uint64_t now = monotonic_time().now_ns();
    into_.stage_ns[static_cast<std::size_t>(stage)] += now - last_;
    last_ = now;
  }

 private:
  Captured& into_;
  std::uint64_t last_;
};

/// What can be seen without the tasks' help. @return what stands in the way
Status examine(const capture::FrozenTree& tree, capture::FoundTree& found,
               capture::Refusals& refusals) {
  RB_TRY(capture::find_tasks(tree, found, refusals));
  RB_TRY(capture::find_memory(found, refusals));
  RB_TRY(capture::find_descriptors(found, refusals));
  RB_TRY(capture::find_directories(found, refusals));
  return refusals.status(tree.processes().front().name);
}

Status go_on(const CaptureRequest& request) {
  if (request.given_up == nullptr || !request.given_up()) return {};
  return fail(ErrorKind::kSystem, "the capture was given up");
}

Status write(const capture::FoundTree& found, const CaptureRequest& request, Captured& captured) {
  ImageWriter writer;
  capture::add_records(found, writer);
  RB_TRY(capture::add_memory(found, writer));
  // Into a file of another name until it is known to be whole.
  auto file = Replacement::create(request.path);
  if (!file) return tl::unexpected<Error>(std::move(file).error());
  RB_TRY(writer.write(file->fd().get()));
  const auto image = Image::from_fd(Fd(::dup(file->fd().get())), CheckContents::kNo);
  if (!image) {
    return fail(
        ErrorKind::kUnsupported,
        fmt::format("what was captured breaks a rule of image files: {}", image.error().message));
  }
  captured.pages = image->header().pages_size / RBI_PAGE_SIZE;
  RB_TRY(go_on(request));
  return file->commit();
}

}  // namespace

Result<Captured> capture_tree(const CaptureRequest& request) {
  Captured captured;
  Stopwatch watch(captured);
  auto tree = capture::FrozenTree::freeze(request.root);
  if (!tree) return tl::unexpected<Error>(std::move(tree).error());
  captured.stops = tree->task_count();
  watch.mark(CaptureStage::kFreeze);
  RB_TRY(go_on(request));

  capture::FoundTree found;
  capture::Refusals refusals;
  RB_TRY(examine(*tree, found, refusals));
  watch.mark(CaptureStage::kExamine);
  RB_TRY(go_on(request));
  RB_TRY(capture::ask_tasks(found, refusals, captured.stops));
  RB_TRY(capture::read_ptys(found, refusals));
  RB_TRY(refusals.status(tree->processes().front().name));
  watch.mark(CaptureStage::kAsk);
  RB_TRY(go_on(request));
  RB_TRY(write(found, request, captured));
  watch.mark(CaptureStage::kWrite);

  captured.processes = tree->processes().size();
  captured.tasks = tree->task_count();
  if (request.leave_running) {
    tree->thaw();
  } else {
    RB_TRY(tree->end());
  }
  watch.mark(CaptureStage::kEnd);
  for (const std::uint64_t ns : captured.stage_ns) captured.frozen_ns += ns;
  return captured;
}

}  // namespace rb
