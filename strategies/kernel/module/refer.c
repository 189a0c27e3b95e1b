// SPDX-License-Identifier: GPL-2.0
/*
 * What a reference costs by itself: takes and drops references to current's own
 * objects, as sharing and exiting do, for whoever measures the call.
 */
#include <linux/file.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "restart.h"
#include "restart_refer.h"
#include "symbols.h"

static void refer_once(enum restart_referred object, struct file *device)
{
	switch (object) {
	case RESTART_REFERRED_MM:
		mmget(current->mm);
		mmput(current->mm);
		break;
	case RESTART_REFERRED_FILES:
		atomic_inc(&current->files->count);
		HIDDEN(put_files_struct)(current->files);
		break;
	case RESTART_REFERRED_FS:
		spin_lock(&current->fs->lock);
		current->fs->users++;
		spin_unlock(&current->fs->lock);
		restart_put_fs(current->fs);
		break;
	case RESTART_REFERRED_SIGHAND:
		refcount_inc(&current->sighand->count);
		HIDDEN(__cleanup_sighand)(current->sighand);
		break;
	case RESTART_REFERRED_SIGNAL:
		refcount_inc(&current->signal->sigcnt);
		WARN_ON_ONCE(refcount_dec_and_test(&current->signal->sigcnt)); /* ours is left */
		break;
	default:
		get_file(device);
		fput(device);
	}
}

int restart_refer(struct file *device, const struct restart_refer *refer)
{
	u32 i;

	if (refer->object >= RESTART_REFERRED_COUNT || refer->count > RESTART_MAX_REFER)
		return -EINVAL;
	for (i = 0; i < refer->count; i++)
		refer_once(refer->object, device);
	return 0;
}
