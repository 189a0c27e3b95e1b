/* SPDX-License-Identifier: MIT */
/*
 * Open files and memory of the process that restarts, of no use to the tree: the
 * zygote makes them before any restart, every coordinator is born with a copy, and
 * whoever copies the coordinator's table or memory has to get rid of them.
 */
#include <linux/fcntl.h>
#include <linux/mman.h>

#include "strategies/userspace/restorer/restorer.h"

#define PROT_RW 3

static long open_files(const struct rst_control *control)
{
	char path[] = "/dev/null";
	__u32 i;

	for (i = 0; i < control->creator_fds; i++) {
		/* Each its own open file description, on the numbers in line. */
		long low = sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
		long ret;

		if (is_error(low))
			return low;
		ret = sys3(SYS_fcntl, low, F_DUPFD_CLOEXEC, control->creator_first_fd);
		sys1(SYS_close, low);
		if (is_error(ret))
			return ret;
	}
	return 0;
}

static long touch_memory(const struct rst_control *control)
{
	long address;
	__u64 at;

	if (!control->creator_memory)
		return 0;
	address = sys6(SYS_mmap, control->creator_address, control->creator_memory, PROT_RW,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, ~0ul, 0);
	if (is_error(address))
		return address;
	/* An entry for each page, whatever the machine thinks of huge ones. */
	sys3(SYS_madvise, address, control->creator_memory, MADV_NOHUGEPAGE);
	for (at = 0; at < control->creator_memory; at += RBI_PAGE_SIZE)
		*(volatile char *)(address + at) = 1;
	return 0;
}

long make_creator(struct rst_control *control)
{
	long ret = open_files(control);

	return is_error(ret) ? ret : touch_memory(control);
}

long do_shed(const struct rst_control *control)
{
	if (control->creator_fds) {
		long ret = sys3(SYS_close_range, control->creator_first_fd, ~0u, 0);

		if (is_error(ret))
			return ret;
	}
	if (!control->creator_memory)
		return 0;
	return sys2(SYS_munmap, control->creator_address, control->creator_memory);
}
