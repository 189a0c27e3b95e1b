#include "harness/capture/events.h"

#include <cstdio>
#include <string>

namespace rb::capture {
namespace {

/// The value behind "key:", up to the end of its line.
std::optional<std::string> value_of(std::string_view text, std::string_view key) {
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    if (at != 0 && text[at - 1] != '\n') continue;
    std::string_view value = text.substr(at + key.size());
    value = value.substr(0, value.find('\n'));
    const auto begin = value.find_first_not_of(" \t");
    return std::string(begin == std::string_view::npos ? std::string_view() : value.substr(begin));
  }
  return std::nullopt;
}

std::optional<std::uint64_t> number(std::string_view text, std::string_view key, int base) {
  const auto value = value_of(text, key);
  if (!value || value->empty()) return std::nullopt;
  return std::strtoull(value->c_str(), nullptr, base);
}

/// "(seconds, nanoseconds)" as ns.
std::optional<std::uint64_t> time(std::string_view text, std::string_view key) {
  const auto value = value_of(text, key);
  unsigned long long seconds = 0;
  unsigned long long ns = 0;
  if (!value || std::sscanf(value->c_str(), "(%llu, %llu)", &seconds, &ns) != 2) {
    return std::nullopt;
  }
  return seconds * 1'000'000'000 + ns;
}

}  // namespace

std::optional<FoundEvent> parse_event(std::string_view link, std::string_view fdinfo) {
  FoundEvent event;
  if (link == "anon_inode:[eventfd]") {
    const auto count = number(fdinfo, "eventfd-count:", 16);
    if (!count) return std::nullopt;
    event.record.value = *count;
    // Linux before 6.6 does not tell: the usual kind.
    if (number(fdinfo, "eventfd-semaphore:", 10).value_or(0) != 0) {
      event.record.flags = RBI_EVENT_SEMAPHORE;
    }
    return event;
  }
  if (link == "anon_inode:[timerfd]") {
    event.kind = RBI_OFD_TIMERFD;
    const auto clock = number(fdinfo, "clockid:", 10);
    const auto ticks = number(fdinfo, "ticks:", 10);
    const auto flags = number(fdinfo, "settime flags:", 8);
    const auto value = time(fdinfo, "it_value:");
    const auto interval = time(fdinfo, "it_interval:");
    if (!clock || !ticks || !value || !interval) return std::nullopt;
    event.record.clock = static_cast<__u32>(*clock);
    event.record.ticks = *ticks;
    event.record.value = *value;
    event.record.interval = *interval;
    if ((flags.value_or(0) & 1) != 0) event.record.flags = RBI_EVENT_ABSTIME;
    return event;
  }
  if (link == "anon_inode:[signalfd]") {
    event.kind = RBI_OFD_SIGNALFD;
    const auto mask = number(fdinfo, "sigmask:", 16);
    if (!mask) return std::nullopt;
    event.record.value = *mask;
    return event;
  }
  return std::nullopt;
}

std::vector<EpollWatch> parse_epoll(std::string_view fdinfo) {
  std::vector<EpollWatch> watches;
  while (!fdinfo.empty()) {
    const auto end = fdinfo.find('\n');
    const std::string line(fdinfo.substr(0, end));
    fdinfo.remove_prefix(end == std::string_view::npos ? fdinfo.size() : end + 1);
    unsigned fd = 0;
    unsigned events = 0;
    unsigned long long data = 0;
    long long position = 0;
    unsigned long long inode = 0;
    if (std::sscanf(line.c_str(), "tfd: %u events: %x data: %llx pos:%lld ino:%llx", &fd, &events,
                    &data, &position, &inode) != 5) {
      continue;
    }
    watches.push_back({fd, events, data, inode});
  }
  return watches;
}

}  // namespace rb::capture
