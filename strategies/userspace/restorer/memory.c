/* SPDX-License-Identifier: MIT */
/* Ops on memory, and the few string functions that the compiler may call. */
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/prctl.h>

#include "strategies/userspace/restorer/bulk.h"
#include "strategies/userspace/restorer/restorer.h"

#define ENOMEM 12
#define EBUSY 16
#define POPULATE_MIN (16 * RBI_PAGE_SIZE)

void *memcpy(void *to, const void *from, unsigned long size)
{
	void *result = to;

	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
	return result;
}

void *memset(void *to, int byte, unsigned long size)
{
	void *result = to;

	asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
	return result;
}

/* Whole pages: eight bytes a step are no slower, and an emulator counts each step. */
static void copy_pages(__u64 to, __u64 from, __u64 size)
{
	__u64 words = size / 8;

	asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}

/*
 * Copies contents into fresh pages. Populating first takes the page faults in
 * one system call per chunk instead of one exception per page; where the kernel
 * (before 5.14) does not know how, the copy takes the faults itself.
 */
void fill(__u64 address, __u64 size, __u64 source)
{
	while (size) {
		__u64 chunk = size < FILL_CHUNK ? size : FILL_CHUNK;

		if (chunk > POPULATE_MIN) {
			sys3(SYS_madvise, address, chunk, MADV_POPULATE_WRITE);
			sys3(SYS_madvise, source, chunk, MADV_POPULATE_READ);
		}
		copy_pages(address, source, chunk);
		address += chunk;
		source += chunk;
		size -= chunk;
	}
}

long do_fill(const struct rst_op *op)
{
	__u64 done = 0;

	if (op->x)
		done = fill_absent(op->a, op->b, op->c);
	fill(op->a + done, op->b - done, op->c + done);
	return 0;
}

static long map_at(const struct rst_op *op, long fd)
{
	long ret = sys6(SYS_mmap, op->a, op->b, op->y, op->c | MAP_FIXED_NOREPLACE, (ulong_t)fd,
			op->d);

	return is_error(ret) ? ret : 0;
}

/* Opened once for all that follow each other, as a library's are. */
static long map_path(struct run *run, const struct rst_op *op)
{
	long fd = sys4(SYS_openat, AT_FDCWD, op->e, op->z, 0);
	__u32 more = op->x;
	long ret;

	if (is_error(fd))
		return fd;
	ret = map_at(op, fd);
	for (; more && !is_error(ret); more--) {
		run->op++; /* the one that a failure is told of */
		ret = map_at(run->op, fd);
	}
	sys1(SYS_close, fd);
	return ret;
}

static long map_fetched(const struct rst_control *control, const struct rst_op *op)
{
	long pidfd = sys2(SYS_pidfd_open, control->coordinator_pid, 0);
	long fd, ret;

	if (is_error(pidfd))
		return pidfd;
	fd = sys3(SYS_pidfd_getfd, pidfd, op->z, 0);
	ret = is_error(fd) ? fd : map_at(op, fd);
	if (!is_error(fd))
		sys1(SYS_close, fd);
	sys1(SYS_close, pidfd);
	return ret;
}

/*
 * Maps anonymous memory, a file, or something that the coordinator holds. A
 * descriptor that is needed for it is gone when the op ends.
 */
long do_mmap(struct run *run, const struct rst_op *op)
{
	switch (op->kind) {
	case RST_MMAP:
		return map_at(op, -1);
	case RST_MMAP_PATH:
		return map_path(run, op);
	default:
		return map_fetched(run->control, op);
	}
}

/*
 * Memory that nobody may touch, or beyond the end of a file, is locked and not populated,
 * which is reported like a refusal; but only what is locked cannot be invalidated.
 */
long do_mlock(const struct rst_op *op)
{
	long ret = sys3(SYS_mlock2, op->a, op->b, op->c);

	if (ret == -ENOMEM && sys3(SYS_msync, op->a, op->b, MS_INVALIDATE) == -EBUSY)
		return 0;
	return ret;
}

long do_set_mm(const struct rst_op *op)
{
	const struct rbi_mm *mm = (const struct rbi_mm *)op->a;
	struct prctl_mm_map map = {
		.start_code = mm->start_code,
		.end_code = mm->end_code,
		.start_data = mm->start_data,
		.end_data = mm->end_data,
		.start_brk = mm->start_brk,
		.brk = mm->brk,
		.start_stack = mm->start_stack,
		.arg_start = mm->arg_start,
		.arg_end = mm->arg_end,
		.env_start = mm->env_start,
		.env_end = mm->env_end,
		.auxv = op->y ? (__u64 *)op->b : 0,
		.auxv_size = op->y * (__u32)sizeof(struct rbi_auxv),
		.exe_fd = ~0u,
	};
	long ret;

	if (op->e) {
		long exe = sys4(SYS_openat, AT_FDCWD, op->e, O_RDONLY, 0);

		if (is_error(exe))
			return exe;
		map.exe_fd = (__u32)exe;
	}
	ret = sys5(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0);
	if (op->e)
		sys1(SYS_close, map.exe_fd);
	return ret;
}
