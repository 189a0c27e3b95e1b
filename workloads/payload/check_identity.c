/* SPDX-License-Identifier: MIT */
/* Who the task is, and what the kernel keeps for it alone. */
#include <linux/prctl.h>
#include <linux/time.h>

#include "workloads/payload/checks.h"
#include "workloads/payload/syscalls.h"

/* A CPU-time interval timer is armed one tick later; HZ is 100 or more. */
#define TICK_US 10000

bool check_identity(struct checker *c)
{
	const struct payload_check_block *block = c->block;
	__u64 name[2] = { 0, 0 };
	const __u64 *expected = (const __u64 *)block->name;

	if (!same(c, PAYLOAD_CHECK_TID, 0, block->tid, call0(__NR_gettid)) ||
	    !same(c, PAYLOAD_CHECK_PID, 0, block->pid, call0(__NR_getpid)))
		return false;
	if (block->ppid && !same(c, PAYLOAD_CHECK_PPID, 0, block->ppid, call0(__NR_getppid)))
		return false;
	if (block->pgid && !same(c, PAYLOAD_CHECK_PGID, 0, block->pgid, call1(__NR_getpgid, 0)))
		return false;
	if (block->sid && !same(c, PAYLOAD_CHECK_SID, 0, block->sid, call1(__NR_getsid, 0)))
		return false;
	call2(__NR_prctl, PR_GET_NAME, (long)name);
	return same(c, PAYLOAD_CHECK_NAME, 0, expected[0], name[0]) &&
	       same(c, PAYLOAD_CHECK_NAME, 8, expected[1], name[1]);
}

bool check_thread_areas(struct checker *c)
{
	const struct payload_check_block *block = c->block;
	__u64 head = ~0ull, length = ~0ull, tid_address = ~0ull;

	call3(__NR_get_robust_list, 0, (long)&head, (long)&length);
	/* The kernel tells the only valid length even where none is registered. */
	if (!same(c, PAYLOAD_CHECK_ROBUST_LIST, 0, block->robust_list, head))
		return false;
	if (block->robust_list_len &&
	    !same(c, PAYLOAD_CHECK_ROBUST_LIST, 1, block->robust_list_len, length))
		return false;
	/* EINVAL on kernels without CONFIG_CHECKPOINT_RESTORE. */
	if (call2(__NR_prctl, PR_GET_TID_ADDRESS, (long)&tid_address) != 0)
		return true;
	return same(c, PAYLOAD_CHECK_CLEAR_TID, 0, block->clear_child_tid, tid_address);
}

bool check_brk(struct checker *c)
{
	return c->block->brk == 0 ||
	       same(c, PAYLOAD_CHECK_BRK, 0, c->block->brk, call1(__NR_brk, 0));
}

static __u64 microseconds(const struct __kernel_old_timeval *time)
{
	return (__u64)time->tv_sec * 1000000 + (__u64)time->tv_usec;
}

bool check_itimers(struct checker *c)
{
	struct {
		struct __kernel_old_timeval interval, value;
	} now;

	if (!(c->block->flags & PAYLOAD_ITIMERS))
		return true;
	for (__u32 i = 0; i < 3; i++) {
		const struct rbi_itimer *expected = &c->block->itimers[i];
		__u64 value;

		call2(__NR_getitimer, i, (long)&now);
		value = microseconds(&now.value);
		if (!same(c, PAYLOAD_CHECK_ITIMER, i, expected->interval,
			  microseconds(&now.interval)))
			return false;
		/* Time passes: armed, and not later than it was. */
		if ((value != 0) == (expected->value != 0) && value <= expected->value + TICK_US)
			continue;
		return same(c, PAYLOAD_CHECK_ITIMER, i, expected->value, value);
	}
	return true;
}
