// SPDX-License-Identifier: GPL-2.0
/* Locks of ranges of files. */
#include <linux/fcntl.h>
#include <linux/sched/signal.h>

#include "check.h"

#define LOCK_WRONG(member) restart_wrong(fault, RBI_SEC_LOCKS, i, offsetof(struct rbi_lock, member))

static bool has_descriptor(const struct restart_image *image, u32 table, u32 ofd)
{
	const struct rbi_files *files = &image->files[table];
	u32 i;

	for (i = files->fd_first; i < files->fd_first + files->fd_count; i++)
		if (image->fds[i].ofd == ofd)
			return true;
	return false;
}

static bool is_owner(const struct restart_image *image, u32 table, u32 pid)
{
	u32 g;

	for (g = 0; g < image->count[RBI_SEC_GROUPS]; g++) {
		const struct rbi_task *leader = &image->tasks[image->groups[g].leader];

		if (leader->pid == pid)
			return leader->files == table;
	}
	return false;
}

static int check_lock(const struct restart_image *image, u32 i, struct restart_fault *fault)
{
	const struct rbi_lock *lock = &image->locks[i];
	const struct rbi_ofd *ofd;
	u32 access;

	if (lock->ofd >= image->count[RBI_SEC_OFDS])
		return LOCK_WRONG(ofd);
	ofd = &image->ofds[lock->ofd];
	if (ofd->kind != RBI_OFD_FILE && ofd->kind != RBI_OFD_DELETED)
		return LOCK_WRONG(ofd);
	access = ofd->flags & O_ACCMODE;
	if ((lock->type != F_RDLCK && lock->type != F_WRLCK) ||
	    (access != O_RDWR && access != (lock->type == F_RDLCK ? O_RDONLY : O_WRONLY)))
		return LOCK_WRONG(type);
	if (lock->start > S64_MAX)
		return LOCK_WRONG(start);
	if (lock->length > S64_MAX - lock->start)
		return LOCK_WRONG(length);
	if (i && lock->files < lock[-1].files)
		return LOCK_WRONG(files);
	if (lock->files == RBI_NONE)
		return lock->pid ? LOCK_WRONG(pid) : 0;
	if (lock->files >= image->count[RBI_SEC_FILES])
		return LOCK_WRONG(files);
	if (!has_descriptor(image, lock->files, lock->ofd))
		return LOCK_WRONG(ofd);
	return is_owner(image, lock->files, lock->pid) ? 0 : LOCK_WRONG(pid);
}

int restart_check_locks(const struct restart_image *image, struct restart_fault *fault)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < image->count[RBI_SEC_LOCKS]; i++) {
		err = check_lock(image, i, fault);
		if (fatal_signal_pending(current))
			err = -EINTR; /* it may take long */
		cond_resched();
	}
	return err;
}
