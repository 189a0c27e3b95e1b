/* SPDX-License-Identifier: MIT */
#include "strategies/userspace/restorer/restorer.h"

/* All signals are blocked: only SIGKILL, by which the tree is destroyed, ends it. */
_Noreturn void sleep_forever(void)
{
	for (;;)
		sys0(SYS_pause);
}

_Noreturn void give_up(struct run *run, long error, __u64 value)
{
	struct rst_control *control = run->control;
	struct rst_failure *failure = &control->failure;
	__u32 unset = 0;

	if (__atomic_compare_exchange_n(&failure->set, &unset, 1, 0, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE)) {
		failure->slot = run->index;
		failure->op = (__u64)run->op;
		failure->error = (__s32)-error;
		failure->value = value;
		if (control->device_fd)
			device_failed(control);
		__atomic_store_n(&failure->complete, 1, __ATOMIC_RELEASE);
		__atomic_store_n(&control->ready, 2, __ATOMIC_RELEASE);
		futex_wake_all(&control->ready);
	}
	stand_by(control);
}
