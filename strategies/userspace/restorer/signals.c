/* SPDX-License-Identifier: MIT */
/* Ops on signal state. All signals stay blocked until the task leaves. */
#include "strategies/userspace/restorer/restorer.h"

struct kernel_sigaction {
	__u64 handler;
	__u64 flags;
	__u64 restorer;
	__u64 mask;
};

long do_actions(const struct rst_op *op)
{
	const struct rbi_action *actions = (const struct rbi_action *)op->a;
	__u32 i;

	for (i = 0; i < op->y; i++) {
		struct kernel_sigaction action = {
			.handler = actions[i].handler,
			.flags = actions[i].flags,
			.restorer = actions[i].restorer,
			.mask = actions[i].mask,
		};
		long ret = sys4(SYS_rt_sigaction, actions[i].signal, &action, 0, 8);

		if (is_error(ret))
			return ret;
	}
	return 0;
}

/* x: 1 = the thread group's shared queue, 0 = the task's own. */
long do_queue(struct run *run, const struct rst_op *op)
{
	const struct rbi_siginfo *queued = (const struct rbi_siginfo *)op->a;
	long group = sys0(SYS_getpid);
	__u32 pid = slot_at(run->control, run->index)->pid;
	__u32 i;

	for (i = 0; i < op->y; i++) {
		long ret = op->x ? sys3(SYS_rt_sigqueueinfo, group, queued[i].signo, &queued[i]) :
				   sys4(SYS_rt_tgsigqueueinfo, group, pid, queued[i].signo,
					&queued[i]);

		if (is_error(ret))
			return ret;
	}
	return 0;
}

long do_itimers(const struct rst_op *op)
{
	const struct rbi_itimer *timers = (const struct rbi_itimer *)op->a;
	__u32 i;

	for (i = 0; i < 3; i++) {
		__u64 value[4] = {
			timers[i].interval / 1000000,
			timers[i].interval % 1000000,
			timers[i].value / 1000000,
			timers[i].value % 1000000,
		};
		long ret = 0;

		if (timers[i].interval || timers[i].value)
			ret = sys3(SYS_setitimer, i, value, 0);
		if (is_error(ret))
			return ret;
	}
	return 0;
}
