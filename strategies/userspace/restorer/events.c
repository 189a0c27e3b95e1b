/* SPDX-License-Identifier: MIT */
/* Ops on what tells of events: eventfd, timerfd, signalfd, epoll, inotify. */
#include <linux/fcntl.h>
#include <linux/time_types.h>

#include "strategies/userspace/restorer/restorer.h"

#define NS_PER_S 1000000000ull
#define SET_TICKS 0x40085400 /* TFD_IOC_SET_TICKS */
#define TIMER_ABSTIME 1
#define EPOLL_CTL_ADD 1
#define EEXIST 17

static struct __kernel_timespec timespec_of(__u64 ns)
{
	return (struct __kernel_timespec){ .tv_sec = (__s64)(ns / NS_PER_S),
					   .tv_nsec = (__s64)(ns % NS_PER_S) };
}

static long make_timerfd(const struct rbi_event *event, __u64 flags)
{
	struct __kernel_itimerspec value = {
		.it_interval = timespec_of(event->interval),
		.it_value = timespec_of(event->value),
	};
	const int absolute = event->value && event->flags & RBI_EVENT_ABSTIME;
	long fd = sys2(SYS_timerfd_create, event->clock, flags);
	long ret = 0;

	if (is_error(fd))
		return fd;
	if (absolute) {
		struct __kernel_timespec now = {};

		sys2(SYS_clock_gettime, event->clock, &now);
		value.it_value = timespec_of((__u64)now.tv_sec * NS_PER_S + (__u64)now.tv_nsec +
					     event->value);
	}
	if (event->value || event->interval)
		ret = sys4(SYS_timerfd_settime, fd, absolute ? TIMER_ABSTIME : 0, &value, 0);
	/* Behind the time, as setting that forgets them. */
	if (!is_error(ret) && event->ticks)
		ret = sys3(SYS_ioctl, fd, SET_TICKS, &event->ticks);
	return is_error(ret) ? ret : fd;
}

/* op->y: kind of the description, a: what it holds, b: O_NONBLOCK and O_CLOEXEC */
long do_event(const struct rst_op *op)
{
	const struct rbi_event *event = (const struct rbi_event *)op->a;
	long fd, ret;

	switch (op->y) {
	case RBI_OFD_TIMERFD:
		return make_timerfd(event, op->b);
	case RBI_OFD_SIGNALFD:
		return sys4(SYS_signalfd4, -1, &event->value, 8, op->b);
	default:
		/* EFD_SEMAPHORE is RBI_EVENT_SEMAPHORE. */
		fd = sys2(SYS_eventfd2, 0, op->b | event->flags);
		if (is_error(fd) || !event->value)
			return fd;
		ret = sys3(SYS_write, fd, &event->value, sizeof(event->value));
		return is_error(ret) ? ret : fd;
	}
}

long do_epoll_create(const struct rst_op *op)
{
	long fd = sys1(SYS_epoll_create1, O_CLOEXEC);
	long ret = 0;

	if (!is_error(fd) && op->b)
		ret = sys3(SYS_fcntl, fd, F_SETFL, op->b);
	return is_error(ret) ? ret : fd;
}

/*
 * An item is known by the number that it was added by: the description is put on that
 * number for a moment, and what is there meanwhile on another.
 * op->x: epoll, y: number, a: descriptor of what is watched, b: events, c: data
 */
long do_epoll_add(const struct rst_op *op)
{
	struct {
		__u32 events;
		__u64 data;
	} __attribute__((packed)) event = { (__u32)op->b, op->c };
	long aside, ret;

	if (op->a == op->y)
		return sys4(SYS_epoll_ctl, op->x, EPOLL_CTL_ADD, op->y, &event);
	aside = sys3(SYS_fcntl, op->y, F_DUPFD_CLOEXEC, op->y + 1);
	ret = sys3(SYS_dup3, op->a, op->y, O_CLOEXEC);
	if (is_error(ret))
		return ret;
	/* The instance itself may be what stood there. */
	ret = sys4(SYS_epoll_ctl, op->x == op->y ? aside : op->x, EPOLL_CTL_ADD, op->y, &event);
	if (is_error(aside)) {
		sys1(SYS_close, op->y);
	} else {
		sys3(SYS_dup3, aside, op->y, O_CLOEXEC);
		sys1(SYS_close, aside);
	}
	return ret;
}

/* Forgets what is to be read: that numbers of watches were given up. */
static void drain(__u32 fd)
{
	char events[512];
	long flags = sys3(SYS_fcntl, fd, F_GETFL, 0);

	sys3(SYS_fcntl, fd, F_SETFL, flags | O_NONBLOCK);
	while (sys3(SYS_read, fd, events, sizeof(events)) > 0)
		;
	sys3(SYS_fcntl, fd, F_SETFL, flags);
}

/* Numbers ascend: those that are not wanted are taken and given up. */
long do_watch(const struct rst_op *op)
{
	int skipped = 0;
	long wd;

	for (;;) {
		wd = sys3(SYS_inotify_add_watch, op->x, op->a, op->b);
		if (is_error(wd) || (__u64)wd >= op->y)
			break;
		sys2(SYS_inotify_rm_watch, op->x, wd);
		if (++skipped % 64 == 0)
			drain(op->x);
	}
	if (skipped)
		drain(op->x);
	if (is_error(wd))
		return wd;
	return (__u64)wd == op->y ? 0 : -EEXIST;
}
