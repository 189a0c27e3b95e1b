/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Descriptions that tell of events: eventfd, timerfd, signalfd, epoll, inotify. Part of image/format.h. */
#ifndef RESTARTBENCH_IMAGE_FORMAT_EVENTS_H
#define RESTARTBENCH_IMAGE_FORMAT_EVENTS_H

#include "image/format/header.h"

#define RBI_EVENT_SEMAPHORE 1u /* eventfd: EFD_SEMAPHORE */
#define RBI_EVENT_ABSTIME 2u /* timerfd: armed with TFD_TIMER_ABSTIME */

/* What an eventfd, timerfd or signalfd holds; fields of the others are 0. */
struct rbi_event {
	__u32 clock; /* timerfd: CLOCK_*, timerfd_create(2) */
	__u32 flags; /* RBI_EVENT_* */
	__u64 value; /* eventfd: count; timerfd: ns left, 0 = disarmed; signalfd: mask */
	__u64 interval; /* timerfd: ns */
	__u64 ticks; /* timerfd: expirations not read yet */
};

/* What an epoll(7) instance watches. Ascending by epoll, each fd and ofd once. */
struct rbi_epoll_item {
	__u32 epoll; /* ofd of the instance */
	__u32 fd; /* number that it was added by */
	__u32 ofd; /* what is watched */
	__u32 events; /* EPOLL* */
	__u64 data; /* epoll_data */
};

/* A watch of an inotify(7) instance. Ascending by instance, then by number. */
struct rbi_watch {
	__u32 inotify; /* ofd of the instance */
	__u32 wd; /* number, 1 or more */
	__u32 mask; /* IN_* */
	__u32 path; /* string, absolute */
};

RBI_ASSERT_SIZE(rbi_event, 32);
RBI_ASSERT_SIZE(rbi_epoll_item, 24);
RBI_ASSERT_SIZE(rbi_watch, 16);

#endif
