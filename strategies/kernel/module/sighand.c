// SPDX-License-Identifier: GPL-2.0
/* sighand_struct: what signals do. */
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/slab.h>

#include "restart.h"
#include "symbols.h"

/* @sighand: nobody else's yet */
static void set_contents(struct restart *r, struct sighand_struct *sighand, u32 index)
{
	const struct rbi_sighand *record = &r->image.sighands[index];
	const struct rbi_action *action = r->image.actions + record->action_first;
	u32 i;

	memset(sighand->action, 0, sizeof(sighand->action)); /* SIG_DFL */
	for (i = 0; i < record->action_count; i++, action++) {
		struct k_sigaction *to = &sighand->action[action->signal - 1];

		to->sa.sa_handler = (__sighandler_t)action->handler;
		to->sa.sa_flags = action->flags;
		to->sa.sa_restorer = (__sigrestore_t)action->restorer;
		to->sa.sa_mask.sig[0] = action->mask;
	}
}

static struct sighand_struct *make(struct restart *r, u32 index)
{
	/* The cache's constructor sets up siglock and signalfd_wqh. */
	struct sighand_struct *sighand = kmem_cache_alloc(restart_sighand_cache, GFP_KERNEL);

	if (!sighand)
		return NULL;
	refcount_set(&sighand->count, 1);
	set_contents(r, sighand, index);
	atomic64_inc(&r->made[RESTART_CLASS_SIGHAND]);
	return sighand;
}

/*
 * As exec's unshare_sighand(). Current is the only task of its group, so there
 * is nobody whose sighand would have to change with it.
 */
static void put_in_place(struct restart *r, struct sighand_struct *sighand)
{
	struct sighand_struct *old = current->sighand;

	write_lock_irq(restart_tasklist_lock);
	spin_lock(&old->siglock);
	rcu_assign_pointer(current->sighand, sighand);
	spin_unlock(&old->siglock);
	write_unlock_irq(restart_tasklist_lock);
	HIDDEN(__cleanup_sighand)(old);
	atomic64_inc(&r->attached[RESTART_CLASS_SIGHAND]);
}

static struct sighand_struct *take(struct restart *r, struct restart_object *object, u32 index)
{
	struct sighand_struct *sighand;

	mutex_lock(&object->lock);
	sighand = object->made;
	if (!sighand)
		sighand = object->made = make(r, index); /* with the pool's reference */
	mutex_unlock(&object->lock);
	if (sighand)
		refcount_inc(&sighand->count);
	return sighand;
}

int restart_sighand(struct restart_task *t)
{
	struct restart *r = t->restart;
	u32 index = restart_record(t)->sighand;
	struct sighand_struct *sighand;
	int err;

	if (t->how[RESTART_CLASS_SIGHAND] == RESTART_KEEP)
		return 0;
	err = restart_step(r);
	if (err)
		return err;
	if (t->how[RESTART_CLASS_SIGHAND] == RESTART_COPY) {
		if (!t->same_actions) {
			spin_lock_irq(&current->sighand->siglock);
			set_contents(r, current->sighand, index);
			spin_unlock_irq(&current->sighand->siglock);
		}
		atomic64_inc(&r->made[RESTART_CLASS_SIGHAND]);
		return 0;
	}
	sighand = t->how[RESTART_CLASS_SIGHAND] == RESTART_MAKE
			  ? make(r, index)
			  : take(r, &r->objects[RESTART_CLASS_SIGHAND][index], index);
	if (!sighand)
		return -ENOMEM;
	put_in_place(r, sighand);
	return 0;
}
