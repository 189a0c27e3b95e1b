/* SPDX-License-Identifier: MIT */
/*
 * Contents for many fresh pages, by userfaultfd(2): UFFDIO_COPY allocates a page, copies into it
 * and maps it, without an exception and without filling it with zeros first.
 */
#include <linux/fcntl.h>
#include <linux/userfaultfd.h>

#include "strategies/userspace/restorer/bulk.h"
#include "strategies/userspace/restorer/restorer.h"

/* What the kernel maps of a file at one page fault: fault_around_bytes, mm/memory.c. */
#define FAULT_AROUND (16 * RBI_PAGE_SIZE)

/* Makes the source's pages present. Those that still are not, UFFDIO_COPY brings in, one by one. */
static void touch(__u64 source, __u64 size)
{
	__u64 end = source + size;

	for (; source < end; source = (source | (FAULT_AROUND - 1)) + 1)
		*(const volatile char *)source;
}

static long open_for(__u64 address, __u64 size)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = {
		.range = { .start = address, .len = size },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	long fd = sys1(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	long ret;

	if (is_error(fd))
		return fd;
	ret = sys3(SYS_ioctl, fd, UFFDIO_API, &api);
	if (!is_error(ret))
		ret = sys3(SYS_ioctl, fd, UFFDIO_REGISTER, &area);
	if (!is_error(ret))
		return fd;
	sys1(SYS_close, fd);
	return ret;
}

__u64 fill_absent(__u64 address, __u64 size, __u64 source)
{
	__u64 done = 0;
	long fd = open_for(address, size);

	if (is_error(fd))
		return 0;
	while (done < size) {
		__u64 chunk = size - done < FILL_CHUNK ? size - done : FILL_CHUNK;
		struct uffdio_copy copy = {
			.dst = address + done,
			.src = source + done,
			.len = chunk,
			.mode = UFFDIO_COPY_MODE_DONTWAKE, /* nobody waits */
		};

		touch(source + done, chunk);
		sys3(SYS_ioctl, fd, UFFDIO_COPY, &copy);
		if (copy.copy > 0)
			done += (__u64)copy.copy;
		if (copy.copy != (__s64)chunk)
			break;
	}
	sys1(SYS_close, fd); /* which ends the registration */
	return done;
}
