// SPDX-License-Identifier: GPL-2.0
/* Descriptors, descriptions, pipes and fs_structs. */
#include <linux/bitmap.h>
#include <linux/fcntl.h>
#include <linux/log2.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "check.h"

#define FD_WRONG(member) restart_wrong(fault, RBI_SEC_FDS, i, offsetof(struct rbi_fd, member))
#define OFD_WRONG(member) restart_wrong(fault, RBI_SEC_OFDS, i, offsetof(struct rbi_ofd, member))
#define PIPE_WRONG(member) restart_wrong(fault, RBI_SEC_PIPES, i, offsetof(struct rbi_pipe, member))
#define FS_WRONG(member) restart_wrong(fault, RBI_SEC_FS, i, offsetof(struct rbi_fs, member))

#define FD_LIMIT (1u << 20)
#define FILE_FLAGS                                                                        \
	(O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC | O_DIRECT | O_NOATIME | O_NOFOLLOW | \
	 O_LARGEFILE)
#define STREAM_FLAGS (O_ACCMODE | O_NONBLOCK | FASYNC)
#define PLAIN_FLAGS (O_ACCMODE | O_NONBLOCK)
#define DIRECTORY_FLAGS (O_NONBLOCK | O_NOATIME | O_NOFOLLOW | O_DIRECTORY | O_LARGEFILE)

/* The same entries as the table before, which have been checked. */
static bool is_like_previous(const struct restart_image *image, u32 table)
{
	const struct rbi_files *files = &image->files[table];

	return table && files->fd_count == files[-1].fd_count &&
	       restart_same(image->fds + files->fd_first, image->fds + files[-1].fd_first,
			    files->fd_count * sizeof(struct rbi_fd));
}

static int check_table(const struct restart_image *image, u32 table, unsigned long *used,
		       struct restart_fault *fault)
{
	const struct rbi_files *files = &image->files[table];
	u32 i;

	if (is_like_previous(image, table)) {
		image->like[table] = image->like[table - 1];
		return 0;
	}
	image->like[table] = table;
	for (i = files->fd_first; i < files->fd_first + files->fd_count; i++) {
		const struct rbi_fd *fd = &image->fds[i];

		if (fd->fd >= FD_LIMIT || (i > files->fd_first && fd->fd <= fd[-1].fd))
			return FD_WRONG(fd);
		if (fd->ofd >= image->count[RBI_SEC_OFDS])
			return FD_WRONG(ofd);
		if (fd->flags & ~RBI_FD_CLOEXEC)
			return FD_WRONG(flags);
		if (fd->reserved)
			return FD_WRONG(reserved);
		__set_bit(fd->ofd, used);
	}
	return 0;
}

/* What has a position. */
static int check_opened(const struct rbi_ofd *ofd, u32 flags, u32 i, struct restart_fault *fault)
{
	if (ofd->flags & ~flags || (ofd->flags & O_ACCMODE) == O_ACCMODE ||
	    (ofd->flags & O_SYNC) == __O_SYNC)
		return OFD_WRONG(flags);
	return ofd->offset > S64_MAX ? OFD_WRONG(offset) : 0;
}

static int check_by_path(const struct rbi_ofd *ofd, u32 flags, u32 i, struct restart_fault *fault)
{
	int err = check_opened(ofd, flags, i, fault);

	if (err)
		return err;
	if (ofd->path == RBI_NONE)
		return OFD_WRONG(path);
	return ofd->object == RBI_NONE ? 0 : OFD_WRONG(object);
}

/* @mode: the only access mode; @objects: how many it may refer to, 0 = it has none */
static int check_plain(const struct rbi_ofd *ofd, u32 flags, u32 mode, u64 objects, u32 i,
		       struct restart_fault *fault)
{
	if (ofd->path != RBI_NONE)
		return OFD_WRONG(path);
	if (ofd->flags & ~flags || (ofd->flags & O_ACCMODE) != mode)
		return OFD_WRONG(flags);
	if (objects ? ofd->object >= objects : ofd->object != RBI_NONE)
		return OFD_WRONG(object);
	return ofd->offset ? OFD_WRONG(offset) : 0;
}

static int check_fifo(const struct restart_image *image, const struct rbi_ofd *ofd, u32 i,
		      struct restart_fault *fault)
{
	if (ofd->path == RBI_NONE)
		return OFD_WRONG(path);
	if (ofd->flags & ~(STREAM_FLAGS | O_NOFOLLOW | O_LARGEFILE) ||
	    (ofd->flags & O_ACCMODE) == O_ACCMODE)
		return OFD_WRONG(flags);
	if (ofd->object >= image->count[RBI_SEC_PIPES])
		return OFD_WRONG(object);
	return ofd->offset ? OFD_WRONG(offset) : 0;
}

static int check_contained(const struct restart_image *image, const struct rbi_ofd *ofd, u32 i,
			   struct restart_fault *fault)
{
	u32 kind = ofd->kind == RBI_OFD_MEMFD ? RBI_BACKING_MEMFD : RBI_BACKING_DELETED;
	int err;

	if (ofd->path != RBI_NONE)
		return OFD_WRONG(path);
	err = check_opened(ofd, FILE_FLAGS, i, fault);
	if (err)
		return err;
	if (ofd->object >= image->count[RBI_SEC_BACKINGS] ||
	    image->backings[ofd->object].kind != kind)
		return OFD_WRONG(object);
	return 0;
}

static int check_pty_end(const struct restart_image *image, const struct rbi_ofd *ofd, u32 i,
			 struct restart_fault *fault)
{
	int err = check_opened(ofd, FILE_FLAGS, i, fault);

	if (err)
		return err;
	if (ofd->path == RBI_NONE)
		return OFD_WRONG(path);
	if (ofd->object >= image->count[RBI_SEC_PTYS])
		return OFD_WRONG(object);
	return ofd->offset ? OFD_WRONG(offset) : 0;
}

/* Who is told of events, and flock(2). */
static int check_state(const struct restart_image *image, u32 i, struct restart_fault *fault)
{
	const struct rbi_ofd *ofd = &image->ofds[i];
	u32 g;

	if (ofd->reserved)
		return OFD_WRONG(reserved);
	if (ofd->signal > RBI_NR_SIGNALS)
		return OFD_WRONG(signal);
	if (ofd->flock >= RBI_FLOCK_COUNT ||
	    (ofd->flock && ofd->kind != RBI_OFD_FILE && ofd->kind != RBI_OFD_DIRECTORY &&
	     ofd->kind != RBI_OFD_DELETED))
		return OFD_WRONG(flock);
	if (!ofd->owner)
		return 0;
	for (g = 0; g < image->count[RBI_SEC_GROUPS]; g++) {
		const struct rbi_group *group = &image->groups[g];

		if (ofd->owner > 0 ? image->tasks[group->leader].pid == ofd->owner
				   : group->pgid && group->pgid == -(u32)ofd->owner)
			return 0;
		cond_resched();
	}
	return OFD_WRONG(owner);
}

static int check_ofd(const struct restart_image *image, u32 i, struct restart_fault *fault)
{
	const struct rbi_ofd *ofd = &image->ofds[i];

	if (ofd->reserved | ofd->signal | ofd->flock | ofd->owner) {
		int err = check_state(image, i, fault);

		if (err)
			return err;
	}
	switch (ofd->kind) {
	case RBI_OFD_FILE:
	case RBI_OFD_DEVICE:
		return check_by_path(ofd, FILE_FLAGS, i, fault);
	case RBI_OFD_DIRECTORY:
		return check_by_path(ofd, DIRECTORY_FLAGS, i, fault);
	case RBI_OFD_PIPE_READ:
		return check_plain(ofd, STREAM_FLAGS, O_RDONLY, image->count[RBI_SEC_PIPES], i,
				   fault);
	case RBI_OFD_PIPE_WRITE:
		return check_plain(ofd, STREAM_FLAGS, O_WRONLY, image->count[RBI_SEC_PIPES], i,
				   fault);
	case RBI_OFD_SOCKET:
		return check_plain(ofd, STREAM_FLAGS, O_RDWR, image->count[RBI_SEC_SOCKETS], i,
				   fault);
	case RBI_OFD_FIFO:
		return check_fifo(image, ofd, i, fault);
	case RBI_OFD_MEMFD:
	case RBI_OFD_DELETED:
		return check_contained(image, ofd, i, fault);
	case RBI_OFD_EVENTFD:
	case RBI_OFD_TIMERFD:
	case RBI_OFD_SIGNALFD:
		return check_plain(ofd, PLAIN_FLAGS, O_RDWR, image->count[RBI_SEC_EVENTS], i,
				   fault);
	case RBI_OFD_EPOLL:
		return check_plain(ofd, PLAIN_FLAGS, O_RDWR, 0, i, fault);
	case RBI_OFD_INOTIFY:
		return check_plain(ofd, PLAIN_FLAGS, O_RDONLY, 0, i, fault);
	case RBI_OFD_PTY_MASTER:
	case RBI_OFD_PTY_SLAVE:
		return check_pty_end(image, ofd, i, fault);
	default:
		return OFD_WRONG(kind);
	}
}

/* A pipe has at most one description of each end; a FIFO any number. */
static int check_pipe_ends(const struct restart_image *image, unsigned long *readers,
			   unsigned long *writers, unsigned long *fifos,
			   struct restart_fault *fault)
{
	u32 i;

	for (i = 0; i < image->count[RBI_SEC_OFDS]; i++) {
		const struct rbi_ofd *ofd = &image->ofds[i];

		if (ofd->kind == RBI_OFD_FIFO)
			__set_bit(ofd->object, fifos);
		else if (ofd->kind == RBI_OFD_PIPE_READ || ofd->kind == RBI_OFD_PIPE_WRITE) {
			if (__test_and_set_bit(ofd->object,
					       ofd->kind == RBI_OFD_PIPE_READ ? readers : writers))
				return OFD_WRONG(object);
		}
	}
	bitmap_or(readers, readers, writers, image->count[RBI_SEC_PIPES]);
	for (i = 0; i < image->count[RBI_SEC_OFDS]; i++)
		if (image->ofds[i].kind == RBI_OFD_FIFO && test_bit(image->ofds[i].object, readers))
			return OFD_WRONG(object);
	bitmap_or(readers, readers, fifos, image->count[RBI_SEC_PIPES]);
	return restart_check_all_used(image, RBI_SEC_PIPES, readers, fault);
}

static int check_pipes(const struct restart_image *image, struct restart_fault *fault)
{
	unsigned long *readers, *writers, *fifos;
	int err = -ENOMEM;
	u32 i;

	for (i = 0; i < image->count[RBI_SEC_PIPES]; i++) {
		const struct rbi_pipe *pipe = &image->pipes[i];

		if (!is_power_of_2(pipe->capacity) || pipe->capacity < RBI_PAGE_SIZE ||
		    pipe->capacity > 1u << 20)
			return PIPE_WRONG(capacity);
		if (pipe->data_size > pipe->capacity)
			return PIPE_WRONG(data_size);
	}
	readers = restart_bitmap(image, RBI_SEC_PIPES);
	writers = restart_bitmap(image, RBI_SEC_PIPES);
	fifos = restart_bitmap(image, RBI_SEC_PIPES);
	if (readers && writers && fifos)
		err = check_pipe_ends(image, readers, writers, fifos, fault);
	kvfree(readers);
	kvfree(writers);
	kvfree(fifos);
	return err;
}

static int check_fs(const struct restart_image *image, struct restart_fault *fault)
{
	u32 i;

	for (i = 0; i < image->count[RBI_SEC_FS]; i++) {
		const struct rbi_fs *fs = &image->fs[i];

		if (fs->cwd == RBI_NONE)
			return FS_WRONG(cwd);
		if (fs->root == RBI_NONE)
			return FS_WRONG(root);
		if (fs->umask & ~0777)
			return FS_WRONG(umask);
		if (fs->reserved)
			return FS_WRONG(reserved);
	}
	return 0;
}

int restart_check_files(const struct restart_image *image, struct restart_fault *fault)
{
	unsigned long *used = restart_bitmap(image, RBI_SEC_OFDS);
	int err = 0;
	u32 i;

	if (!used)
		return -ENOMEM;
	for (i = 0; !err && i < image->count[RBI_SEC_FILES]; i++)
		err = check_table(image, i, used, fault);
	if (!err)
		err = restart_check_all_used(image, RBI_SEC_OFDS, used, fault);
	kvfree(used);
	for (i = 0; !err && i < image->count[RBI_SEC_OFDS]; i++)
		err = check_ofd(image, i, fault);
	return err ?: check_pipes(image, fault) ?: check_fs(image, fault);
}
