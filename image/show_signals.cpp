// Dispositions of signals and queued signals.
#include "image/fields.h"
#include "image/show_parts.h"

namespace rb::show {
namespace {

constexpr __u64 kSigIgn = 1;

void dispositions(Page& page, const Image& image, std::size_t index) {
  const auto actions = image.actions_of(image.sighands()[index]);
  page.line("  sighand {}: {}", index,
            actions.empty() ? "all default" : counted(actions.size(), "action"));
  for (std::size_t i = 0; i < page.rows(actions.size()); ++i) {
    const rbi_action& action = actions[i];
    if (action.handler == kSigIgn) {
      page.line("    {} ignored, flags {:#x}", signal_name(action.signal), action.flags);
    } else {
      page.line("    {} handler {:#x}, flags {:#x}, restorer {:#x}, mask {}",
                signal_name(action.signal), action.handler, action.flags, action.restorer,
                signal_list(action.mask));
    }
  }
  page.rest(actions.size(), "actions", "    ");
}

std::string queue_text(const Page& page, const Image& image, __u32 first, __u32 count) {
  std::string text;
  const std::size_t shown = page.rows(count);
  for (const rbi_siginfo& info : image.pending().subspan(first, shown)) {
    text += fmt::format(" {}({})", signal_name(static_cast<unsigned>(info.signo)), info.code);
  }
  if (shown < count) text += fmt::format(" ... and {} more", count - shown);
  return text;
}

/// Queues in the order in which their owners stand in the image: signal(code)…
void queues(Page& page, const Image& image) {
  const std::size_t count = image.pending().size();
  const std::size_t shown = page.rows(count);
  std::size_t listed = 0;
  for (const rbi_task& task : image.tasks()) {
    if (task.pending_count == 0 || listed >= shown) continue;
    page.line("  pending for task {}:{}", task.pid,
              queue_text(page, image, task.pending_first, task.pending_count));
    listed += task.pending_count;
  }
  for (const rbi_group& group : image.groups()) {
    if (group.pending_count == 0 || listed >= shown) continue;
    page.line("  pending for thread group {}:{}", image.tasks()[group.leader].pid,
              queue_text(page, image, group.pending_first, group.pending_count));
    listed += group.pending_count;
  }
  if (listed < count) page.line("  ... and {} more pending signals", count - listed);
}

}  // namespace

void signals(Page& page, const Image& image) {
  page.blank();
  page.line("signals");
  const std::size_t count = image.sighands().size();
  for (std::size_t i = 0; i < page.rows(count); ++i) dispositions(page, image, i);
  page.rest(count, "sighands", "  ");
  queues(page, image);
}

}  // namespace rb::show
