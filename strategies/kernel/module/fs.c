// SPDX-License-Identifier: GPL-2.0
/* fs_struct: working directory, root, umask. */
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/path.h>

#include "restart.h"
#include "symbols.h"

/* @fs: nobody else's yet */
static void set_contents(struct restart *r, struct fs_struct *fs, u32 index)
{
	const struct path *root = &r->given[RESTART_FILE_ROOT].files[index]->f_path;
	const struct path *cwd = &r->given[RESTART_FILE_CWD].files[index]->f_path;

	fs->umask = r->image.fs[index].umask;
	if (!path_equal(&fs->root, root))
		HIDDEN(set_fs_root)(fs, root);
	if (!path_equal(&fs->pwd, cwd))
		HIDDEN(set_fs_pwd)(fs, cwd);
	atomic64_inc(&r->made[RESTART_CLASS_FS]);
}

static struct fs_struct *make(struct restart *r, u32 index)
{
	struct fs_struct *fs = HIDDEN(copy_fs_struct)(current->fs);

	if (fs)
		set_contents(r, fs, index);
	return fs;
}

void restart_put_fs(struct fs_struct *fs)
{
	bool last;

	spin_lock(&fs->lock);
	last = !--fs->users;
	spin_unlock(&fs->lock);
	if (last)
		HIDDEN(free_fs_struct)(fs);
}

/* @fs: with a reference for current */
static void put_in_place(struct restart *r, struct fs_struct *fs)
{
	struct fs_struct *old = current->fs;

	task_lock(current);
	current->fs = fs;
	task_unlock(current);
	restart_put_fs(old);
	atomic64_inc(&r->attached[RESTART_CLASS_FS]);
}

/* From the pool, with a reference for current. */
static struct fs_struct *take(struct restart *r, struct restart_object *object, u32 index)
{
	struct fs_struct *fs;

	mutex_lock(&object->lock);
	fs = object->made;
	if (!fs)
		fs = object->made = make(r, index); /* with the pool's reference */
	mutex_unlock(&object->lock);
	if (fs) {
		spin_lock(&fs->lock);
		fs->users++;
		spin_unlock(&fs->lock);
	}
	return fs;
}

int restart_fs(struct restart_task *t)
{
	struct restart *r = t->restart;
	u32 index = restart_record(t)->fs;
	struct fs_struct *fs;
	int err;

	if (t->how[RESTART_CLASS_FS] == RESTART_KEEP)
		return 0;
	err = restart_step(r);
	if (err)
		return err;
	if (t->how[RESTART_CLASS_FS] == RESTART_COPY) {
		set_contents(r, current->fs, index);
		return 0;
	}
	fs = t->how[RESTART_CLASS_FS] == RESTART_MAKE
		     ? make(r, index)
		     : take(r, &r->objects[RESTART_CLASS_FS][index], index);
	if (!fs)
		return -ENOMEM;
	put_in_place(r, fs);
	return 0;
}
