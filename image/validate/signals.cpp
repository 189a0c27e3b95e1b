// Dispositions of signals and queued signals.
#include <fmt/format.h>

#include <csignal>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

constexpr std::uint64_t kSigDfl = 0;
constexpr std::uint64_t kSigIgn = 1;
constexpr std::uint64_t kExposeTagBits = 0x800;  // SA_EXPOSE_TAGBITS, since Linux 5.11
constexpr std::uint64_t kRestorer = 0x04000000;  // SA_RESTORER, which libc keeps to itself
constexpr std::uint64_t kActionFlags = kExposeTagBits | kRestorer | SA_NOCLDSTOP | SA_NOCLDWAIT |
                                       SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER |
                                       SA_RESETHAND;
constexpr unsigned kFirstRealTime = 32;

Status check_number(const At& at, std::string_view field, std::int64_t signal) {
  const bool valid =
      signal >= 1 && signal <= RBI_NR_SIGNALS && !is_unmaskable(static_cast<std::uint64_t>(signal));
  return at.require(valid, field, "must be 1 to 64 and not SIGKILL (9) or SIGSTOP (19)");
}

Status check_action(const View& view, std::size_t i, const rbi_action& action,
                    const rbi_action* before) {
  const At at(view, RBI_SEC_ACTIONS, i);
  RB_TRY(check_number(at, "signal", action.signal));
  if (before != nullptr && action.signal <= before->signal) {
    return at.refuse("signal", fmt::format("must lie above {}, the one before it", before->signal));
  }
  RB_TRY(at.zero("reserved", action.reserved));
  RB_TRY(at.require(action.handler != kSigDfl, "handler",
                    "must not be SIG_DFL: a default action is left out"));
  if (action.handler != kSigIgn) RB_TRY(at.user_address("handler", action.handler));
  RB_TRY(at.bits("flags", action.flags, kActionFlags));
  if ((action.flags & kRestorer) != 0) {
    RB_TRY(at.user_address("restorer", action.restorer));
  } else {
    RB_TRY(at.require(action.restorer == 0, "restorer", "must be zero without SA_RESTORER"));
  }
  return at.mask("mask", action.mask);
}

/// One queue. A standard signal that is pending already is not queued again
/// (legacy_queue() in kernel/signal.c), so none can be there twice.
Status check_queue(const View& view, std::size_t first, std::size_t count) {
  const auto queue = view.table<rbi_siginfo>(RBI_SEC_PENDING).subspan(first, count);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const rbi_siginfo& info = queue[i];
    const At at(view, RBI_SEC_PENDING, first + i);
    RB_TRY(check_number(at, "signo", info.signo));
    RB_TRY(at.zero("reserved", static_cast<__u32>(info.reserved)));
    const auto signal = static_cast<unsigned>(info.signo);
    RB_TRY(at.require(signal >= kFirstRealTime || (seen & signal_bit(signal)) == 0, "signo",
                      "a standard signal can be pending only once in a queue"));
    seen |= signal_bit(signal);
  }
  return {};
}

}  // namespace

Status check_signals(const View& view) {
  const auto actions = view.table<rbi_action>(RBI_SEC_ACTIONS);
  for (const rbi_sighand& sighand : view.table<rbi_sighand>(RBI_SEC_SIGHANDS)) {
    const std::size_t first = sighand.action_first;
    for (std::size_t i = first; i < first + sighand.action_count; ++i) {
      RB_TRY(check_action(view, i, actions[i], i == first ? nullptr : &actions[i - 1]));
    }
  }
  for (const rbi_task& task : view.table<rbi_task>(RBI_SEC_TASKS)) {
    RB_TRY(check_queue(view, task.pending_first, task.pending_count));
  }
  for (const rbi_group& group : view.table<rbi_group>(RBI_SEC_GROUPS)) {
    RB_TRY(check_queue(view, group.pending_first, group.pending_count));
  }
  return {};
}

}  // namespace rb::validation
