// SPDX-License-Identifier: GPL-2.0
/* The first failure, or the commit, decides how a restart ends. */
#include <linux/errno.h>

#include "errand.h"
#include "restart.h"

#define COMMITTED 1

/*
 * One comparison decides: a task that is killed at the last moment must not
 * take a part of a committed tree with it.
 */
static bool decide(struct restart *r, int verdict, const struct restart_fault *fault)
{
	bool first;

	spin_lock(&r->verdict_lock);
	first = !atomic_read(&r->verdict);
	if (first) {
		if (fault)
			r->fault = *fault;
		atomic_set_release(&r->verdict, verdict);
	}
	spin_unlock(&r->verdict_lock);
	return first;
}

int restart_fail_at(struct restart *r, int err, const struct restart_fault *fault)
{
	if (err >= 0 || err < -MAX_ERRNO)
		err = -EIO;
	if (err <= -ERESTARTSYS)
		err = -EINTR; /* a signal was pending */
	if (!decide(r, err, fault))
		return err;
	complete_all(&r->arrived);
	restart_wake_all(r);
	restart_call_off(r);
	return err;
}

int restart_fail(struct restart *r, int err, u32 where, u32 index)
{
	struct restart_fault fault = { where, RBI_NONE, index, RBI_NONE };

	return restart_fail_at(r, err, &fault);
}

bool restart_commit(struct restart *r)
{
	if (!decide(r, COMMITTED, NULL))
		return false;
	restart_wake_all(r);
	return true;
}

int restart_refuse(struct restart *r, int err, const struct restart_fault *fault)
{
	spin_lock(&r->verdict_lock);
	r->refusal = err;
	if (!atomic_read(&r->verdict)) /* anybody may have ended it meanwhile */
		r->fault = *fault;
	spin_unlock(&r->verdict_lock);
	return err;
}

int restart_step(struct restart *r)
{
	int err = restart_error(r);

	if (unlikely(err))
		return err;
	return unlikely((u32)atomic_inc_return(&r->steps) == r->inject) ? -ENOMEM : 0;
}
