/* SPDX-License-Identifier: MIT */
/* Ops on descriptors. Each returns the number that resulted, or -errno. */
#include <linux/fcntl.h>

#include "strategies/userspace/restorer/restorer.h"

long do_open(const struct rst_op *op)
{
	long fd = sys4(SYS_openat, AT_FDCWD, op->a, op->b, 0);

	if (!is_error(fd) && op->c) {
		long ret = sys3(SYS_lseek, fd, op->c, 0 /* SEEK_SET */);

		if (is_error(ret))
			return ret;
	}
	return fd;
}

/* op->x: read end, op->y: write end; both are the lowest free numbers. */
long do_pipe(const struct rst_op *op)
{
	const struct rbi_pipe *pipe = (const struct rbi_pipe *)op->a;
	__u64 data = op->b;
	__u32 left = pipe->data_size;
	int fds[2];
	long ret = sys2(SYS_pipe2, fds, 0);

	if (is_error(ret))
		return ret;
	if ((__u32)fds[1] != op->y)
		return fds[1];
	if (pipe->capacity != 65536) {
		ret = sys3(SYS_fcntl, fds[1], F_SETPIPE_SZ, pipe->capacity);
		if (is_error(ret))
			return ret;
	}
	while (left) {
		ret = sys3(SYS_write, fds[1], data, left);
		if (is_error(ret))
			return ret;
		data += ret;
		left -= ret;
	}
	/* Status flags last: the data must not meet O_NONBLOCK or O_DIRECT. */
	if ((__u32)op->c) {
		ret = sys3(SYS_fcntl, fds[0], F_SETFL, (__u32)op->c);
		if (is_error(ret))
			return ret;
	}
	if (op->c >> 32) {
		ret = sys3(SYS_fcntl, fds[1], F_SETFL, op->c >> 32);
		if (is_error(ret))
			return ret;
	}
	return fds[0];
}

/*
 * A FIFO: held open for both while it gets its contents and its description, so
 * that neither blocks. op->x: fd, a: path, b: flags, c: struct rbi_pipe, d: data;
 * c is 0 for all but the first description.
 */
long do_fifo(const struct rst_op *op)
{
	const struct rbi_pipe *pipe = (const struct rbi_pipe *)op->c;
	long fd = sys4(SYS_openat, AT_FDCWD, op->a, O_RDWR | O_NONBLOCK | O_CLOEXEC, 0);
	long opened, ret = 0;

	if (is_error(fd))
		return fd;
	if (pipe) {
		ret = sys3(SYS_fcntl, fd, F_SETPIPE_SZ, pipe->capacity);
		if (!is_error(ret) && pipe->data_size)
			ret = sys3(SYS_write, fd, op->d, pipe->data_size);
	}
	if (is_error(ret))
		return ret;
	opened = sys4(SYS_openat, AT_FDCWD, op->a, op->b | O_CLOEXEC, 0);
	if (is_error(opened))
		return opened;
	ret = sys3(SYS_dup3, opened, fd, O_CLOEXEC);
	sys1(SYS_close, opened);
	return ret;
}

/* What has no name any more: op->x: fd, y: a descriptor of it, b: flags, c: offset */
long do_reopen(const struct rst_op *op)
{
	const char prefix[] = "/proc/self/fd/";
	char path[sizeof(prefix) + 10];
	struct rst_op open = *op;
	__u32 digits = 1, length = sizeof(prefix) - 1, left;

	memcpy(path, prefix, length);
	for (left = op->y; left >= 10; left /= 10)
		digits++;
	length += digits;
	path[length] = 0;
	for (left = op->y; digits; digits--, left /= 10)
		path[--length] = (char)('0' + left % 10);
	open.a = (__u64)path;
	return do_open(&open);
}

#define MFD_CLOEXEC 1
#define MFD_ALLOW_SEALING 2
#define SEAL_SEAL 1
#define EEXIST 17

/* A file with contents that has no name, empty so far. */
static long make_file(const struct rbi_backing *backing, __u64 name)
{
	char anonymous[] = "restartbench";
	long fd;

	if (backing->kind == RBI_BACKING_DELETED) {
		fd = sys4(SYS_openat, AT_FDCWD, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			  backing->mode);
		if (!is_error(fd))
			sys1(SYS_unlink, name);
		/* Its name is another's by now: then it lives in memory. */
		if (fd != -EEXIST)
			return fd;
	}
	if (backing->kind != RBI_BACKING_MEMFD)
		name = (__u64)anonymous;
	/* Without the right to seal, it is as if it were sealed against that. */
	return sys2(SYS_memfd_create, name,
		    backing->kind == RBI_BACKING_MEMFD && backing->seals != SEAL_SEAL ?
			    MFD_CLOEXEC | MFD_ALLOW_SEALING :
			    MFD_CLOEXEC);
}

/* Without page tables of its own, as a mapping would need, and with an error for a full disk. */
static long write_at(long fd, __u64 offset, __u64 size, __u64 source)
{
	while (size) {
		long done = sys4(SYS_pwrite64, fd, source, size, offset);

		if (is_error(done))
			return done;
		offset += (__u64)done;
		source += (__u64)done;
		size -= (__u64)done;
	}
	return 0;
}

/*
 * Memory or a file with contents, in the coordinator. op->x: fd, a: size,
 * b: number of runs, c: struct rbi_run[], d: struct rbi_backing, e: its name
 */
long do_memfd(struct run *run, const struct rst_op *op)
{
	const struct rbi_run *runs = (const struct rbi_run *)op->c;
	const struct rbi_backing *backing = (const struct rbi_backing *)op->d;
	long fd = make_file(backing, op->e);
	long ret;
	__u64 i;

	if (is_error(fd))
		return fd;
	ret = sys2(SYS_ftruncate, fd, op->a);
	for (i = 0; i < op->b && !is_error(ret); i++) {
		__u64 offset = runs[i].address;
		__u64 size = runs[i].pages * RBI_PAGE_SIZE;

		if (size > op->a - offset) /* of the last page only what the file has */
			size = op->a - offset;
		ret = write_at(fd, offset, size, run->control->image + runs[i].offset);
	}
	if (!is_error(ret) && backing->kind != RBI_BACKING_SHMEM)
		ret = sys2(SYS_fchmod, fd, backing->mode);
	if (!is_error(ret) && backing->seals && backing->seals != SEAL_SEAL)
		ret = sys3(SYS_fcntl, fd, F_ADD_SEALS, backing->seals);
	return is_error(ret) ? ret : fd;
}

/* Takes one of the coordinator's descriptors by reference, pidfd_getfd(2). */
long do_fetch(const struct rst_op *op)
{
	long fd = sys3(SYS_pidfd_getfd, op->c, op->a, 0);

	/* It comes with FD_CLOEXEC set. */
	if (!is_error(fd) && !op->b) {
		long ret = sys3(SYS_fcntl, fd, F_SETFD, 0);

		if (is_error(ret))
			return ret;
	}
	return fd;
}
