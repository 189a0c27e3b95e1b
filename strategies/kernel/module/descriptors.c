// SPDX-License-Identifier: GPL-2.0
/* files_struct: tables of file descriptors. */
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched/task.h>

#include "restart.h"
#include "symbols.h"

/* @files: with a reference for current */
static void put_in_place(struct restart *r, struct files_struct *files)
{
	struct files_struct *old = current->files;

	task_lock(current);
	current->files = files;
	task_unlock(current);
	HIDDEN(put_files_struct)(old);
	atomic64_inc(&r->attached[RESTART_CLASS_FILES]);
}

/*
 * All but the highest: the table is large enough for them. Bits are gathered
 * and stored word by word.
 */
static void fill_below(struct restart *r, const struct rbi_fd *fds, u32 count)
{
	struct files_struct *files = current->files;
	struct fdtable *table;
	unsigned long open = 0;
	unsigned long cloexec = 0;
	u32 i;

	spin_lock(&files->file_lock);
	table = files_fdtable(files);
	for (i = 0; i < count; i++) {
		u32 fd = fds[i].fd;
		u32 word = fd / BITS_PER_LONG;

		rcu_assign_pointer(table->fd[fd],
				   get_file(r->given[RESTART_FILE_OFD].files[fds[i].ofd]));
		open |= BIT(fd % BITS_PER_LONG);
		if (fds[i].flags & RBI_FD_CLOEXEC)
			cloexec |= BIT(fd % BITS_PER_LONG);
		if (i + 1 < count && fds[i + 1].fd / BITS_PER_LONG == word)
			continue;
		table->open_fds[word] |= open;
		table->close_on_exec[word] |= cloexec;
		if (table->open_fds[word] == ~0ul)
			__set_bit(word, table->full_fds_bits);
		open = cloexec = 0;
	}
	spin_unlock(&files->file_lock);
}

/*
 * Fills current's table, which is empty and used by nobody else: growing a
 * table that others use costs a grace period of RCU each time. The highest
 * descriptor comes first, so that the table grows once, and by a function that
 * knows about RLIMIT_NOFILE.
 */
static int fill(struct restart_task *t)
{
	struct restart *r = t->restart;
	const struct rbi_files *record = &r->image.files[restart_record(t)->files];
	const struct rbi_fd *fds = r->image.fds + record->fd_first;
	const struct rbi_fd *last = fds + record->fd_count - 1;
	u64 since = restart_clock();
	int err;

	if (!record->fd_count)
		return 0;
	err = restart_step(r);
	if (err)
		return err;
	err = HIDDEN(replace_fd)(last->fd, r->given[RESTART_FILE_OFD].files[last->ofd],
				 last->flags & RBI_FD_CLOEXEC ? O_CLOEXEC : 0);
	if (err < 0)
		return err;
	fill_below(r, fds, record->fd_count - 1);
	t->filled += restart_account(r, RESTART_STAGE_FILES, since) - since;
	return 0;
}

/* A new table in place of current's, which it fills. */
static int make(struct restart_task *t)
{
	/* Kernel threads have no files: what is copied is empty. */
	struct files_struct *files = HIDDEN(dup_fd)(init_task.files, NULL);

	if (IS_ERR(files))
		return PTR_ERR(files);
	put_in_place(t->restart, files);
	atomic64_inc(&t->restart->made[RESTART_CLASS_FILES]);
	return fill(t);
}

static int take(struct restart_task *t)
{
	struct restart_object *object =
		&t->restart->objects[RESTART_CLASS_FILES][restart_record(t)->files];
	struct files_struct *files;
	int err = 0;

	mutex_lock(&object->lock);
	files = object->made;
	if (files) {
		atomic_inc(&files->count);
		put_in_place(t->restart, files);
	} else {
		err = make(t);
		if (!err) {
			atomic_inc(&current->files->count); /* the pool's */
			object->made = current->files;
		}
	}
	mutex_unlock(&object->lock);
	return err;
}

int restart_descriptors(struct restart_task *t)
{
	struct restart *r = t->restart;
	int err;

	if (t->how[RESTART_CLASS_FILES] == RESTART_KEEP)
		return 0;
	err = restart_step(r);
	if (err)
		return err;
	switch (t->how[RESTART_CLASS_FILES]) {
	case RESTART_COPY:
		atomic64_inc(&r->made[RESTART_CLASS_FILES]);
		return 0;
	case RESTART_MAKE:
		return make(t);
	default:
		return take(t);
	}
}
