// SPDX-License-Identifier: GPL-2.0
/* POSIX timers. */
#include <linux/posix-timers.h>
#include <linux/signal.h>

#include "check.h"

#define TIMER_WRONG(member) \
	restart_wrong(fault, RBI_SEC_TIMERS, i, offsetof(struct rbi_timer, member))

static bool is_clock(u32 clock)
{
	return clock <= CLOCK_THREAD_CPUTIME_ID ||
	       (clock >= CLOCK_BOOTTIME && clock <= CLOCK_BOOTTIME_ALARM) || clock == CLOCK_TAI;
}

/* @group: whose timer it is */
static int check_timer(const struct restart_image *image, u32 i, u32 group,
		       struct restart_fault *fault)
{
	const struct rbi_timer *timer = &image->timers[i];

	if (timer->id < 0 || (i > image->groups[group].timer_first && timer->id <= timer[-1].id))
		return TIMER_WRONG(id);
	if (!is_clock(timer->clock))
		return TIMER_WRONG(clock);
	if (timer->notify != SIGEV_SIGNAL && timer->notify != SIGEV_NONE &&
	    timer->notify != SIGEV_THREAD_ID)
		return TIMER_WRONG(notify);
	if (timer->notify == SIGEV_NONE ? timer->signal
					: !timer->signal || timer->signal > RBI_NR_SIGNALS)
		return TIMER_WRONG(signal);
	if (timer->notify != SIGEV_THREAD_ID) {
		if (timer->task != RBI_NONE)
			return TIMER_WRONG(task);
	} else if (timer->task >= image->count[RBI_SEC_TASKS] ||
		   image->tasks[timer->task].group != group) {
		return TIMER_WRONG(task);
	}
	if (timer->reserved)
		return TIMER_WRONG(reserved);
	if (timer->interval > S64_MAX)
		return TIMER_WRONG(interval);
	return timer->value > S64_MAX ? TIMER_WRONG(value) : 0;
}

int restart_check_timers(const struct restart_image *image, struct restart_fault *fault)
{
	int err = 0;
	u32 g, i;

	if (!image->count[RBI_SEC_TIMERS])
		return 0;
	for (g = 0; !err && g < image->count[RBI_SEC_GROUPS]; g++) {
		const struct rbi_group *group = &image->groups[g];

		for (i = group->timer_first; !err && i < group->timer_first + group->timer_count;
		     i++)
			err = check_timer(image, i, g, fault);
	}
	return err;
}
