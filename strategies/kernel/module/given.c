// SPDX-License-Identifier: GPL-2.0
/* Open files that user space hands over: checked against the image's records. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/major.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device.h"
#include "restart.h"

static const u32 given_sections[RESTART_FILE_KIND_COUNT] = {
	[RESTART_FILE_OFD] = RBI_SEC_OFDS, [RESTART_FILE_BACKING] = RBI_SEC_BACKINGS,
	[RESTART_FILE_EXE] = RBI_SEC_MMS,  [RESTART_FILE_CWD] = RBI_SEC_FS,
	[RESTART_FILE_ROOT] = RBI_SEC_FS,
};

static bool is_needed(const struct restart *r, u32 kind, u32 index)
{
	return kind != RESTART_FILE_EXE || r->image.mms[index].exe != RBI_NONE;
}

int restart_given_init(struct restart *r)
{
	u32 kind, i;

	r->missing = 0;
	for (kind = 0; kind < RESTART_FILE_KIND_COUNT; kind++) {
		struct restart_given *given = &r->given[kind];

		given->count = r->image.count[given_sections[kind]];
		given->files =
			kvcalloc(given->count + 1, sizeof(struct file *), GFP_KERNEL_ACCOUNT);
		if (!given->files)
			return -ENOMEM;
		for (i = 0; i < given->count; i++)
			r->missing += is_needed(r, kind, i);
	}
	return 0;
}

void restart_given_free(struct restart *r)
{
	u32 kind, i;

	for (kind = 0; kind < RESTART_FILE_KIND_COUNT; kind++) {
		struct restart_given *given = &r->given[kind];

		for (i = 0; given->files && i < given->count; i++)
			if (given->files[i])
				fput(given->files[i]);
		kvfree(given->files);
		given->files = NULL;
	}
}

/* By /dev/pts, or by /dev/tty for the same. */
static bool is_terminal(dev_t device)
{
	return device == MKDEV(TTYAUX_MAJOR, 0) ||
	       (MAJOR(device) >= UNIX98_PTY_SLAVE_MAJOR &&
		MAJOR(device) < UNIX98_PTY_SLAVE_MAJOR + UNIX98_PTY_MAJOR_COUNT);
}

static int check_ofd(const struct rbi_ofd *ofd, const struct file *file)
{
	dev_t device = file_inode(file)->i_rdev;
	static const umode_t types[RBI_OFD_KIND_COUNT] = {
		[RBI_OFD_FILE] = S_IFREG,	[RBI_OFD_DIRECTORY] = S_IFDIR,
		[RBI_OFD_DEVICE] = S_IFCHR,	[RBI_OFD_PIPE_READ] = S_IFIFO,
		[RBI_OFD_PIPE_WRITE] = S_IFIFO, [RBI_OFD_SOCKET] = S_IFSOCK,
		[RBI_OFD_FIFO] = S_IFIFO,	[RBI_OFD_MEMFD] = S_IFREG,
		[RBI_OFD_DELETED] = S_IFREG,	[RBI_OFD_PTY_MASTER] = S_IFCHR,
		[RBI_OFD_PTY_SLAVE] = S_IFCHR,
		/* The others' inode is anonymous, of no type. */
	};

	if (file->f_mode & FMODE_PATH)
		return -EBADF;
	if ((file_inode(file)->i_mode & S_IFMT) != types[ofd->kind])
		return -EINVAL;
	if ((file->f_flags & O_ACCMODE) != (ofd->flags & O_ACCMODE))
		return -EACCES;
	if (ofd->kind == RBI_OFD_PTY_SLAVE && !is_terminal(device))
		return -ENOTTY;
	if (ofd->kind == RBI_OFD_PTY_MASTER && device != MKDEV(TTYAUX_MAJOR, 2))
		return -ENOTTY;
	return 0;
}

static int check_backing(const struct rbi_backing *backing, const struct file *file)
{
	if (file->f_mode & FMODE_PATH || !S_ISREG(file_inode(file)->i_mode))
		return -EBADF;
	/* A program's last page may be half a page of its file. */
	return ALIGN(i_size_read(file_inode(file)), RBI_PAGE_SIZE) < backing->size ? -ENODATA : 0;
}

/* path_noexec(), which is not exported. */
static bool is_noexec(const struct path *path)
{
	return path->mnt->mnt_flags & MNT_NOEXEC || path->mnt->mnt_sb->s_iflags & SB_I_NOEXEC;
}

/* As prctl_set_mm_exe_file(). */
static int check_exe(const struct rbi_mm *mm, struct file *file)
{
	if (mm->exe == RBI_NONE)
		return -EINVAL;
	if (file->f_mode & FMODE_PATH || !S_ISREG(file_inode(file)->i_mode) ||
	    is_noexec(&file->f_path))
		return -EACCES;
	return file_permission(file, MAY_EXEC);
}

/* As chdir(2) and chroot(2), the latter only where it changes something. */
static int check_directory(struct file *file, bool root)
{
	if (!d_can_lookup(file->f_path.dentry))
		return -ENOTDIR;
	if (root && !ns_capable(current_user_ns(), CAP_SYS_CHROOT)) {
		struct path now;
		bool same;

		get_fs_root(current->fs, &now);
		same = path_equal(&now, &file->f_path);
		path_put(&now);
		if (!same)
			return -EPERM;
	}
	return file_permission(file, MAY_EXEC | MAY_CHDIR);
}

static int check(struct restart *r, u32 kind, u32 index, struct file *file)
{
	if (restart_is_device(file))
		return -ELOOP; /* a tree that holds its own restart would never end it */
	switch (kind) {
	case RESTART_FILE_OFD:
		return check_ofd(&r->image.ofds[index], file);
	case RESTART_FILE_BACKING:
		return check_backing(&r->image.backings[index], file);
	case RESTART_FILE_EXE:
		return check_exe(&r->image.mms[index], file);
	default:
		return check_directory(file, kind == RESTART_FILE_ROOT);
	}
}

/* @before: what the same number gave for the index before, or NULL */
static int take(struct restart *r, u32 kind, u32 index, int fd, struct file *before)
{
	struct file **place = &r->given[kind].files[index];
	struct file *file;
	int err;

	if (*place)
		return -EEXIST;
	/* A directory is right or wrong whatever the index. */
	if (before && (kind == RESTART_FILE_CWD || kind == RESTART_FILE_ROOT)) {
		*place = get_file(before);
		return 0;
	}
	file = fget_raw(fd);
	if (!file)
		return -EBADF;
	err = check(r, kind, index, file);
	if (err)
		fput(file);
	else
		*place = file;
	return err;
}

int restart_give(struct restart *r, const struct restart_files *files, struct restart_fault *fault)
{
	u64 since = restart_clock();
	u32 missing = r->missing;
	s32 *fds;
	int err = 0;
	u32 i;

	if (files->kind >= RESTART_FILE_KIND_COUNT || files->reserved ||
	    files->count > RESTART_MAX_FILES || files->first > r->given[files->kind].count ||
	    files->count > r->given[files->kind].count - files->first)
		return -EINVAL;
	fds = memdup_user(u64_to_user_ptr(files->fds), files->count * sizeof(*fds));
	if (IS_ERR(fds))
		return PTR_ERR(fds);
	for (i = 0; !err && i < files->count; i++) {
		struct file *before = NULL;

		if (fds[i] == -1)
			continue;
		if (i && fds[i] == fds[i - 1])
			before = r->given[files->kind].files[files->first + i - 1];
		err = take(r, files->kind, files->first + i, fds[i], before);
		if (err)
			*fault = (struct restart_fault){ RESTART_AT_FILE, files->kind,
							 files->first + i, RBI_NONE };
		else
			missing--;
	}
	smp_store_release(&r->missing, missing); /* pairs with claim() in attach.c */
	kfree(fds);
	restart_account(r, RESTART_STAGE_FILES, since);
	return err;
}

int restart_given_complete(struct restart *r, struct restart_fault *fault)
{
	u32 kind, i;

	for (kind = 0; r->missing && kind < RESTART_FILE_KIND_COUNT; kind++) {
		for (i = 0; i < r->given[kind].count; i++) {
			if (r->given[kind].files[i] || !is_needed(r, kind, i))
				continue;
			*fault = (struct restart_fault){ RESTART_AT_FILE, kind, i, RBI_NONE };
			return -ENOENT;
		}
	}
	return 0;
}
