#include "harness/cpu_policy.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <utility>

namespace rb {
namespace {

tl::unexpected<Error> bad_list(std::string_view text) {
  return fail(ErrorKind::kUsage, fmt::format("'{}' is no list of CPUs as 0,2-3", text));
}

/// Takes a number from the front.
bool take(std::string_view& text, unsigned& number) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number >= CPU_SETSIZE) return false;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return true;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::string listed(const cpu_set_t& set) {
  std::string text;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) text += fmt::format("{}{}", text.empty() ? "" : ",", cpu);
  }
  return text;
}

}  // namespace

Result<std::vector<unsigned>> parse_cpus(std::string_view text) {
  std::vector<unsigned> cpus;
  std::string_view rest = text;
  do {
    unsigned first = 0;
    if (!take(rest, first)) return bad_list(text);
    unsigned last = first;
    if (take(rest, '-') && !take(rest, last)) return bad_list(text);
    if (last < first || (!cpus.empty() && first <= cpus.back())) return bad_list(text);
    for (unsigned cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
  } while (take(rest, ','));
  if (!rest.empty()) return bad_list(text);
  return cpus;
}

CpuPolicy::CpuPolicy(CpuPolicy&& other) noexcept
    : pinned_(std::exchange(other.pinned_, false)),
      fifo_(std::exchange(other.fifo_, false)),
      cpus_(other.cpus_),
      policy_(other.policy_),
      parameters_(other.parameters_) {}

Result<CpuPolicy> CpuPolicy::apply(const std::vector<unsigned>& cpus, int fifo) {
  CpuPolicy policy;
  if (!cpus.empty()) {
    if (::sched_getaffinity(0, sizeof(policy.cpus_), &policy.cpus_) != 0) {
      return fail_errno("sched_getaffinity");
    }
    cpu_set_t wanted;
    CPU_ZERO(&wanted);
    for (const unsigned cpu : cpus) {
      if (!CPU_ISSET(cpu, &policy.cpus_)) {
        return fail(ErrorKind::kUsage, fmt::format("--pin: CPU {} cannot be used here", cpu),
                    fmt::format("this process may use {}", listed(policy.cpus_)));
      }
      CPU_SET(cpu, &wanted);
    }
    if (::sched_setaffinity(0, sizeof(wanted), &wanted) != 0) return fail_errno("--pin");
    policy.pinned_ = true;
  }
  if (fifo > 0) {
    policy.policy_ = ::sched_getscheduler(0);
    ::sched_getparam(0, &policy.parameters_);
    const sched_param wanted{fifo};
    if (::sched_setscheduler(0, SCHED_FIFO, &wanted) != 0) {
      if (errno != EPERM) return fail_errno("--fifo");
      return fail(ErrorKind::kLacking, fmt::format("--fifo {}: not permitted", fifo),
                  "it needs CAP_SYS_NICE, or an RLIMIT_RTPRIO as high; or leave it out");
    }
    policy.fifo_ = true;
  }
  return policy;
}

CpuPolicy::~CpuPolicy() {
  // What was there before is always permitted.
  if (fifo_) ::sched_setscheduler(0, policy_, &parameters_);
  if (pinned_) ::sched_setaffinity(0, sizeof(cpus_), &cpus_);
}

}  // namespace rb
