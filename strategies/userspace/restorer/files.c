/* SPDX-License-Identifier: MIT */
/* Ops on descriptors. Each returns the number that resulted, or -errno. */
#include <linux/fcntl.h>
#include <linux/un.h>

#include "strategies/userspace/restorer/restorer.h"

#define SOCK_STREAM 1
#define AF_UNIX 1
#define SOL_FLAGS_MASK 02004000u /* SOCK_CLOEXEC | SOCK_NONBLOCK */

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

long do_listen(const struct rst_op *op)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *name = (const char *)op->a;
	__u32 length = 0;
	long fd, ret;

	while (name[length] && length < sizeof(address.sun_path) - 1) {
		address.sun_path[length + 1] = name[length]; /* [0] = 0: abstract */
		length++;
	}
	fd = sys3(SYS_socket, AF_UNIX, SOCK_STREAM | (op->b & SOL_FLAGS_MASK), 0);
	if (is_error(fd))
		return fd;
	ret = sys3(SYS_bind, fd, &address, sizeof(address.sun_family) + 1 + length);
	if (is_error(ret))
		return ret;
	ret = sys2(SYS_listen, fd, op->c);
	return is_error(ret) ? ret : fd;
}

/* Shared anonymous memory with contents, in the coordinator. */
long do_memfd(struct run *run, const struct rst_op *op)
{
	const struct rbi_run *runs = (const struct rbi_run *)op->c;
	char name[] = "restartbench";
	long fd = sys2(SYS_memfd_create, name, 1 /* MFD_CLOEXEC */);
	long ret;
	__u64 i;

	if (is_error(fd))
		return fd;
	ret = sys2(SYS_ftruncate, fd, op->a);
	for (i = 0; i < op->b && !is_error(ret); i++) {
		__u64 size = runs[i].pages * RBI_PAGE_SIZE;
		long address = sys6(SYS_mmap, 0, size, 3 /* READ | WRITE */, 1 /* SHARED */,
				    (ulong_t)fd, runs[i].address);

		if (is_error(address))
			return address;
		ret = do_fill((__u64)address, size, run->control->image + runs[i].offset);
		sys2(SYS_munmap, address, size);
	}
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
