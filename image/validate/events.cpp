// Descriptions that tell of events: eventfd, timerfd, signalfd, epoll, inotify.
#include <fmt/format.h>
#include <sys/inotify.h>

#include <tuple>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

constexpr std::uint64_t kMaxCount = UINT64_MAX - 1;  // eventfd(2)
constexpr std::uint64_t kMaxTime = INT64_MAX;        // ktime_t, ns
// EPOLLIN to EPOLLRDHUP, EPOLLEXCLUSIVE, EPOLLWAKEUP, EPOLLONESHOT, EPOLLET
constexpr std::uint64_t kEpollBits = 0xf0003fff;
constexpr std::uint64_t kMaskCreate = 1u << 28;  // IN_MASK_CREATE says how to add, not what
constexpr std::uint64_t kWatchBits =
    IN_ALL_EVENTS | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_ONESHOT;
static_assert((kWatchBits & kMaskCreate) == 0);

constexpr bool is_timer_clock(std::uint64_t clock) {
  // CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME and the alarms: timerfd_create(2)
  return clock <= 1 || (clock >= 7 && clock <= 9);
}

Status check_eventfd(const At& at, const rbi_event& event) {
  RB_TRY(at.zero("clock", event.clock));
  RB_TRY(at.bits("flags", event.flags, RBI_EVENT_SEMAPHORE));
  RB_TRY(at.within("value", event.value, 0, kMaxCount));
  RB_TRY(at.zero("interval", event.interval));
  return at.zero("ticks", event.ticks);
}

Status check_timerfd(const At& at, const rbi_event& event) {
  RB_TRY(at.require(is_timer_clock(event.clock), "clock", "must be 0, 1, 7, 8 or 9"));
  RB_TRY(at.bits("flags", event.flags, RBI_EVENT_ABSTIME));
  RB_TRY(at.within("value", event.value, 0, kMaxTime));
  return at.within("interval", event.interval, 0, kMaxTime);
}

Status check_signalfd(const At& at, const rbi_event& event) {
  RB_TRY(at.zero("clock", event.clock));
  RB_TRY(at.zero("flags", event.flags));
  RB_TRY(at.mask("value", event.value));
  RB_TRY(at.zero("interval", event.interval));
  return at.zero("ticks", event.ticks);
}

bool can_be_watched(__u32 kind) {
  switch (kind) {
    case RBI_OFD_FILE:
    case RBI_OFD_DIRECTORY:
    case RBI_OFD_MEMFD:
    case RBI_OFD_DELETED:
      return false;
    default:
      return true;
  }
}

Status check_item(const View& view, std::size_t i, const rbi_epoll_item& item,
                  const rbi_epoll_item* before) {
  const At at(view, RBI_SEC_EPOLL_ITEMS, i);
  const auto ofds = view.table<rbi_ofd>(RBI_SEC_OFDS);
  RB_TRY(at.index("epoll", item.epoll, RBI_SEC_OFDS));
  RB_TRY(at.require(ofds[item.epoll].kind == RBI_OFD_EPOLL, "epoll",
                    "must be a description of kind RBI_OFD_EPOLL (12)"));
  RB_TRY(at.within("fd", item.fd, 0, kMaxFd));
  RB_TRY(at.index("ofd", item.ofd, RBI_SEC_OFDS));
  const __u32 kind = ofds[item.ofd].kind;
  RB_TRY(at.require(can_be_watched(kind), "ofd", "must not be a file: epoll_ctl(2), EPERM"));
  RB_TRY(at.require(kind != RBI_OFD_EPOLL || item.ofd < item.epoll, "ofd",
                    "must lie below the watching epoll instance, so that there is no cycle"));
  RB_TRY(at.bits("events", item.events, kEpollBits));
  const auto key = [](const rbi_epoll_item& of) { return std::tuple(of.epoll, of.fd, of.ofd); };
  RB_TRY(at.require(before == nullptr || before->epoll <= item.epoll, "epoll",
                    "must not lie below that of the item before it"));
  return at.require(before == nullptr || key(*before) < key(item), "fd",
                    "must ascend with ofd in an epoll instance");
}

Status check_watch(const View& view, std::size_t i, const rbi_watch& watch,
                   const rbi_watch* before) {
  const At at(view, RBI_SEC_WATCHES, i);
  RB_TRY(at.index("inotify", watch.inotify, RBI_SEC_OFDS));
  RB_TRY(at.require(view.table<rbi_ofd>(RBI_SEC_OFDS)[watch.inotify].kind == RBI_OFD_INOTIFY,
                    "inotify", "must be a description of kind RBI_OFD_INOTIFY (13)"));
  RB_TRY(at.within("wd", watch.wd, 1, INT32_MAX));
  RB_TRY(at.bits("mask", watch.mask, kWatchBits));
  RB_TRY(at.require((watch.mask & IN_ALL_EVENTS) != 0, "mask", "must name an event"));
  RB_TRY(at.path("path", watch.path));
  RB_TRY(at.require(before == nullptr || before->inotify <= watch.inotify, "inotify",
                    "must not lie below that of the watch before it"));
  return at.require(before == nullptr || before->inotify < watch.inotify || before->wd < watch.wd,
                    "wd", "must ascend in an inotify instance");
}

}  // namespace

Status check_event(const View& view, std::size_t i, __u32 ofd_kind) {
  const At at(view, RBI_SEC_EVENTS, i);
  const rbi_event& event = view.table<rbi_event>(RBI_SEC_EVENTS)[i];
  switch (ofd_kind) {
    case RBI_OFD_EVENTFD:
      return check_eventfd(at, event);
    case RBI_OFD_TIMERFD:
      return check_timerfd(at, event);
    default:
      return check_signalfd(at, event);
  }
}

Status check_watching(const View& view) {
  const auto items = view.table<rbi_epoll_item>(RBI_SEC_EPOLL_ITEMS);
  for (std::size_t i = 0; i < items.size(); ++i) {
    RB_TRY(check_item(view, i, items[i], i == 0 ? nullptr : &items[i - 1]));
  }
  const auto watches = view.table<rbi_watch>(RBI_SEC_WATCHES);
  for (std::size_t i = 0; i < watches.size(); ++i) {
    RB_TRY(check_watch(view, i, watches[i], i == 0 ? nullptr : &watches[i - 1]));
  }
  return {};
}

}  // namespace rb::validation
