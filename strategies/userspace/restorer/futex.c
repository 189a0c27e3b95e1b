/* SPDX-License-Identifier: MIT */
#include <linux/futex.h>
#include <linux/time_types.h>

#include "strategies/userspace/restorer/restorer.h"

/* For code that is compiled to be small; what a call has no use for is zero. */
long sys_cold(ulong_t a, ulong_t b, ulong_t c, long nr)
{
	return sys6(nr, a, b, c, 0, 0, 0);
}

static long futex(__u32 *word, int operation, __u32 value, const void *timeout)
{
	return sys6(SYS_futex, (ulong_t)word, (ulong_t)operation, value, (ulong_t)timeout, 0, 0);
}

/*
 * Returns when the word has changed; never, once the restart has failed. The one
 * that must end a tree among the host's pids looks now and then whether it has to:
 * nobody would wake it. All others sleep until they are woken or killed.
 */
void futex_wait(__u32 *word, __u32 value, struct rst_control *control)
{
	int looks = !control->own_namespace &&
		    (__u32)sys0(SYS_getpid) == control->coordinator_pid;

	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value) {
		if (__atomic_load_n(&control->failure.set, __ATOMIC_ACQUIRE))
			stand_by(control);
		if (looks) {
			end_if_abandoned(control);
			futex_wait_ms(word, value, IDLE_MS);
		} else {
			futex(word, FUTEX_WAIT, value, 0);
		}
	}
}

void futex_wait_ms(__u32 *word, __u32 value, unsigned int milliseconds)
{
	struct __kernel_timespec timeout = {
		.tv_sec = milliseconds / 1000,
		.tv_nsec = milliseconds % 1000 * 1000000ll,
	};

	if (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value)
		futex(word, FUTEX_WAIT, value, &timeout);
}

void futex_wake_all(__u32 *word)
{
	futex(word, FUTEX_WAKE, 0x7fffffff, 0);
}

void sleep_ms(unsigned int milliseconds)
{
	__u32 nobody_wakes = 0;

	futex_wait_ms(&nobody_wakes, 0, milliseconds);
}
