#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

#include "harness/verify/checks.h"

namespace rb {
namespace {

constexpr std::uint64_t signal_bit(std::uint64_t number) {
  return std::uint64_t{1} << (number - 1);
}

void compare_sets(Inspection& inspection, std::uint32_t task, const char* what,
                  std::uint64_t expected, std::uint64_t found) {
  if (expected == found) return;
  inspection.findings.add("{}: {}: expected {}, found {}", inspection.name(task), what,
                          signal_names(expected), signal_names(found));
}

/// Signals of timers, which run at the barrier, too: where one is short it has expired by now.
/// @param task  whom alone they tell, or RBI_NONE: the whole thread group
std::uint64_t timer_signals(const Image& image, const rbi_group& group, std::uint32_t task) {
  const bool alarm = task == RBI_NONE && group.itimers[0].value != 0;
  std::uint64_t set = alarm ? signal_bit(SIGALRM) : 0;
  for (const rbi_timer& timer : image.timers().subspan(group.timer_first, group.timer_count)) {
    const bool runs = timer.value != 0 && timer.signal != 0;
    if (runs && timer.task == task) set |= signal_bit(timer.signal);
  }
  return set;
}

std::uint64_t pending_set(const Image& image, std::uint32_t first, std::uint32_t count) {
  std::uint64_t set = 0;
  for (const rbi_siginfo& info : image.pending().subspan(first, count)) {
    set |= signal_bit(static_cast<std::uint64_t>(info.signo));
  }
  return set;
}

void check_dispositions(Inspection& inspection) {
  const Image& image = inspection.image;
  const auto first = inspection.representatives(&rbi_task::sighand, image.sighands().size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (first[i] == RBI_NONE) continue;
    std::uint64_t ignored = 0;
    std::uint64_t caught = 0;
    for (const rbi_action& action : image.actions_of(image.sighands()[i])) {
      // A record may spell out the default action (handler SIG_DFL).
      if (action.handler == 0) continue;
      const bool ignore = action.handler == reinterpret_cast<std::uintptr_t>(SIG_IGN);
      (ignore ? ignored : caught) |= signal_bit(action.signal);
    }
    const ProcStatus& status = inspection.status[first[i]];
    compare_sets(inspection, first[i], "ignored signals", ignored, status.ignored);
    compare_sets(inspection, first[i], "caught signals", caught, status.caught);
  }
}

Status check_robust_list(Inspection& inspection, std::uint32_t task) {
  void* head = nullptr;
  std::size_t length = 0;
  const rbi_task& record = inspection.image.tasks()[task];
  if (::syscall(SYS_get_robust_list, record.pid, &head, &length) != 0) {
    return inspection.unreadable(task, "robust list", errno);
  }
  const std::uint64_t expected = record.robust_list_len == 0 ? 0 : record.robust_list;
  const std::uint64_t found = reinterpret_cast<std::uintptr_t>(head);
  if (expected != found) {
    inspection.findings.add("{}: robust list: expected {:#x}, found {:#x}", inspection.name(task),
                            expected, found);
  }
  return {};
}

}  // namespace

Status check_signals(Inspection& inspection) {
  const Image& image = inspection.image;
  check_dispositions(inspection);
  for (std::uint32_t task = 0; task < image.tasks().size(); ++task) {
    if (!inspection.present[task]) continue;
    const rbi_task& record = image.tasks()[task];
    const std::uint64_t expected = pending_set(image, record.pending_first, record.pending_count);
    const std::uint64_t expired = timer_signals(image, image.groups()[record.group], task);
    compare_sets(inspection, task, "pending signals of the thread", expected,
                 inspection.status[task].private_pending & (~expired | expected));
    RB_TRY(check_robust_list(inspection, task));
  }
  for (const rbi_group& group : image.groups()) {
    if (!inspection.present[group.leader]) continue;
    const std::uint64_t expected = pending_set(image, group.pending_first, group.pending_count);
    const std::uint64_t expired = timer_signals(image, group, RBI_NONE);
    compare_sets(inspection, group.leader, "pending signals of the thread group", expected,
                 inspection.status[group.leader].shared_pending & (~expired | expected));
  }
  return {};
}

Status check_masks(Inspection& inspection) {
  for (std::uint32_t task = 0; task < inspection.present.size(); ++task) {
    if (!inspection.present[task]) continue;
    compare_sets(inspection, task, "blocked signals", inspection.image.tasks()[task].blocked,
                 inspection.status[task].blocked);
  }
  return {};
}

}  // namespace rb
