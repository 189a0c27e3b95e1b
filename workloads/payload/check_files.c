/* SPDX-License-Identifier: MIT */
/* File descriptors, pipes, working directory, umask. */
#include <asm/ioctls.h>
#include <asm/socket.h>
#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/stat.h>

#include "workloads/payload/checks.h"
#include "workloads/payload/syscalls.h"

static bool check_cwd(struct checker *c)
{
	const char *expected = (const char *)c->block->cwd;
	char found[512];
	long length = call2(__NR_getcwd, (long)found, sizeof found);

	if (!same(c, PAYLOAD_CHECK_CWD, 0, 1, length > 0))
		return false;
	for (__u64 i = 0;; i++) {
		if (!same(c, PAYLOAD_CHECK_CWD, i, (__u8)expected[i], (__u8)found[i]))
			return false;
		if (expected[i] == 0)
			return true;
	}
}

bool check_fs(struct checker *c)
{
	long found;

	if (!check_cwd(c))
		return false;
	if (!(c->block->flags & PAYLOAD_UMASK))
		return true;
	found = call1(__NR_umask, 022);
	call1(__NR_umask, found);
	return same(c, PAYLOAD_CHECK_UMASK, 0, c->block->umask, (__u64)found);
}

static bool check_socket(struct checker *c, __u32 fd)
{
	int accepts = 0;
	unsigned int size = sizeof accepts;

	call5(__NR_getsockopt, fd, SOL_SOCKET, SO_ACCEPTCONN, (long)&accepts, (long)&size);
	return same(c, PAYLOAD_CHECK_FD_LISTEN, fd, 1, (__u32)accepts);
}

static bool check_contents(struct checker *c, __u32 fd, __u64 seed)
{
	__u64 word = 0;

	call4(__NR_pread64, fd, (long)&word, sizeof word, 0);
	return same(c, PAYLOAD_CHECK_FD_CONTENTS, fd, rbi_word(seed, 0), word);
}

static bool check_open(struct checker *c, const struct payload_fds *fds, __u32 n)
{
	__u32 fd = fds->first + n * fds->stride;
	struct stat info = { 0 };
	long flags = call2(__NR_fcntl, fd, F_GETFD);

	if (fds->type == 0)
		return same(c, PAYLOAD_CHECK_FD_OPEN, fd, (__u64)-EBADF, (__u64)flags);
	if (flags < 0)
		return same(c, PAYLOAD_CHECK_FD_OPEN, fd, 0, (__u64)flags);
	call2(__NR_fstat, fd, (long)&info);
	if (!same(c, PAYLOAD_CHECK_FD_FLAGS, fd, fds->fd_flags, (__u64)flags) ||
	    !same(c, PAYLOAD_CHECK_FD_STATUS, fd, fds->status,
		  (__u64)call2(__NR_fcntl, fd, F_GETFL) & PAYLOAD_STATUS_MASK) ||
	    !same(c, PAYLOAD_CHECK_FD_TYPE, fd, fds->type, info.st_mode & S_IFMT))
		return false;
	if (fds->offset != PAYLOAD_NO_OFFSET &&
	    !same(c, PAYLOAD_CHECK_FD_OFFSET, fd, fds->offset + n * fds->offset_stride,
		  (__u64)call3(__NR_lseek, fd, 0, SEEK_CUR)))
		return false;
	if (fds->type == S_IFSOCK)
		return check_socket(c, fd);
	return fds->seed == 0 || check_contents(c, fd, fds->seed);
}

bool check_fds(struct checker *c)
{
	const struct payload_fds *fds = (const struct payload_fds *)c->block->fds.address;

	for (__u64 i = 0; i < c->block->fds.count; i++)
		for (__u32 n = 0; n < fds[i].count; n++)
			if (!check_open(c, &fds[i], n))
				return false;
	return true;
}

/* Reads size bytes, words of the pattern, the last one cut off. */
static bool check_pipe_contents(struct checker *c, const struct payload_pipe *pipe)
{
	__u64 done = 0;

	while (done < pipe->size) {
		__u64 words[64] = { 0 };
		__u64 left = pipe->size - done;
		__u64 wanted = left < sizeof words ? left : sizeof words;
		long got = call3(__NR_read, pipe->fd, (long)words, (long)wanted);

		if (!same(c, PAYLOAD_CHECK_PIPE_CONTENTS, pipe->fd, wanted, (__u64)got))
			return false;
		for (__u64 i = 0; i * 8 < wanted; i++) {
			__u64 bytes = wanted - i * 8;
			__u64 mask = bytes >= 8 ? ~0ull : (1ull << bytes * 8) - 1;

			if (!same(c, PAYLOAD_CHECK_PIPE_CONTENTS, pipe->fd,
				  rbi_word(pipe->seed, done / 8 + i) & mask, words[i] & mask))
				return false;
		}
		done += wanted;
	}
	return true;
}

/* Every pipe is in the check block of one task only, so the bytes wait for it. */
bool check_pipes(struct checker *c)
{
	const struct payload_pipe *pipe = (const struct payload_pipe *)c->block->pipes.address;

	for (__u64 i = 0; i < c->block->pipes.count; i++) {
		int waiting = -1;

		call3(__NR_ioctl, pipe[i].fd, FIONREAD, (long)&waiting);
		if (!same(c, PAYLOAD_CHECK_PIPE_CAPACITY, pipe[i].fd, pipe[i].capacity,
			  (__u64)call2(__NR_fcntl, pipe[i].fd, F_GETPIPE_SZ)) ||
		    !same(c, PAYLOAD_CHECK_PIPE_SIZE, pipe[i].fd, pipe[i].size, (__u64)waiting) ||
		    !check_pipe_contents(c, &pipe[i]))
			return false;
	}
	return true;
}
