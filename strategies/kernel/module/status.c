// SPDX-License-Identifier: GPL-2.0
/* What user space is told. */
#include "restart.h"

void restart_fill_status(struct restart *r, struct restart_status *status)
{
	u32 state = smp_load_acquire(&r->state); /* pairs with the release at the end of loading */
	int verdict, refusal;
	u32 i;

	memset(status, 0, sizeof(*status));
	spin_lock(&r->verdict_lock);
	verdict = atomic_read(&r->verdict);
	refusal = r->refusal;
	status->where = r->fault.where;
	status->section = r->fault.section;
	status->index = r->fault.index;
	status->field = r->fault.field;
	spin_unlock(&r->verdict_lock);

	status->size = sizeof(*status);
	status->state = verdict < 0 ? RESTART_FAILED : state;
	status->error = verdict < 0 ? -verdict : -refusal;
	if (state != RESTART_EMPTY) {
		for (i = 0; i < RESTART_CLASS_COUNT; i++)
			status->inherited[i] = r->inherited[i];
		status->tasks = r->image.count[RBI_SEC_TASKS];
		status->arrived = status->tasks - atomic_read(&r->awaited);
	}
	status->steps = atomic_read(&r->steps);
	status->root_pid = READ_ONCE(r->root_pid);
	status->live = atomic_read(&restart_live);
	for (i = 0; i < RESTART_CLASS_COUNT; i++) {
		status->made[i] = atomic64_read(&r->made[i]);
		status->attached[i] = atomic64_read(&r->attached[i]);
	}
	for (i = 0; i < RESTART_STAGE_COUNT; i++)
		status->stage_ns[i] =
			mul_u64_u32_div(atomic64_read(&r->stage_cycles[i]), USEC_PER_SEC, tsc_khz);
	status->ready_ns = READ_ONCE(r->ready_ns);
}
