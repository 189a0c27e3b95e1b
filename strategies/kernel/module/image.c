// SPDX-License-Identifier: GPL-2.0
/* Reads an image: header and section table, then all records in one piece. */
#include <linux/file.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "check.h"
#include "image.h"

static const u32 record_sizes[RBI_SEC_COUNT] = {
	[RBI_SEC_TASKS] = sizeof(struct rbi_task),
	[RBI_SEC_GROUPS] = sizeof(struct rbi_group),
	[RBI_SEC_MMS] = sizeof(struct rbi_mm),
	[RBI_SEC_VMAS] = sizeof(struct rbi_vma),
	[RBI_SEC_RUNS] = sizeof(struct rbi_run),
	[RBI_SEC_BACKINGS] = sizeof(struct rbi_backing),
	[RBI_SEC_AUXV] = sizeof(struct rbi_auxv),
	[RBI_SEC_FILES] = sizeof(struct rbi_files),
	[RBI_SEC_FDS] = sizeof(struct rbi_fd),
	[RBI_SEC_OFDS] = sizeof(struct rbi_ofd),
	[RBI_SEC_PIPES] = sizeof(struct rbi_pipe),
	[RBI_SEC_FS] = sizeof(struct rbi_fs),
	[RBI_SEC_SIGHANDS] = sizeof(struct rbi_sighand),
	[RBI_SEC_ACTIONS] = sizeof(struct rbi_action),
	[RBI_SEC_PENDING] = sizeof(struct rbi_siginfo),
	[RBI_SEC_REGISTERS] = sizeof(struct rbi_registers),
	[RBI_SEC_CREDENTIALS] = sizeof(struct rbi_credentials),
	[RBI_SEC_GIDS] = sizeof(struct rbi_gid),
	[RBI_SEC_LIMITS] = sizeof(struct rbi_limit),
	[RBI_SEC_TIMERS] = sizeof(struct rbi_timer),
	[RBI_SEC_LOCKS] = sizeof(struct rbi_lock),
	[RBI_SEC_ZOMBIES] = sizeof(struct rbi_zombie),
	[RBI_SEC_PTYS] = sizeof(struct rbi_pty),
	[RBI_SEC_FIXTURES] = sizeof(struct rbi_fixture),
	[RBI_SEC_XSTATES] = 1,
	[RBI_SEC_SOCKETS] = sizeof(struct rbi_socket),
	[RBI_SEC_MESSAGES] = sizeof(struct rbi_message),
	[RBI_SEC_EVENTS] = sizeof(struct rbi_event),
	[RBI_SEC_EPOLL_ITEMS] = sizeof(struct rbi_epoll_item),
	[RBI_SEC_WATCHES] = sizeof(struct rbi_watch),
	[RBI_SEC_BYTES] = 1,
	[RBI_SEC_STRINGS] = 1,
};

u32 restart_record_size(u32 section)
{
	return record_sizes[section];
}

bool restart_same(const void *a, const void *b, size_t size)
{
	const u64 *left = a;
	const u64 *right = b;

	for (; size >= 8 * sizeof(u64); size -= 8 * sizeof(u64), left += 8, right += 8)
		if ((left[0] ^ right[0]) | (left[1] ^ right[1]) | (left[2] ^ right[2]) |
		    (left[3] ^ right[3]) | (left[4] ^ right[4]) | (left[5] ^ right[5]) |
		    (left[6] ^ right[6]) | (left[7] ^ right[7]))
			return false;
	for (; size; size -= sizeof(u64))
		if (*left++ != *right++)
			return false;
	return true;
}

#define HEADER_WRONG(member) \
	restart_wrong(fault, RBI_NONE, RBI_NONE, offsetof(struct rbi_header, member))

/* RBI_NONE as the index: the section as a whole, its reference in the header. */
static int section_wrong(struct restart_fault *fault, u32 section, u32 field)
{
	return restart_wrong(fault, section, RBI_NONE, field);
}

static int read_exactly(struct file *file, void *buffer, size_t size)
{
	loff_t position = 0;

	while (size) {
		ssize_t got =
			kernel_read(file, buffer, min_t(size_t, size, MAX_RW_COUNT), &position);

		if (got < 0)
			return got;
		if (!got)
			return -EIO; /* it was long enough when its size was compared */
		buffer += got;
		size -= got;
	}
	return 0;
}

static int check_header(const struct rbi_header *header, u64 size, struct restart_fault *fault)
{
	if (memcmp(header->magic, RBI_MAGIC, sizeof(header->magic)))
		return HEADER_WRONG(magic);
	if (header->version != RBI_VERSION)
		return HEADER_WRONG(version);
	if (header->arch != RBI_ARCH_X86_64)
		return HEADER_WRONG(arch);
	if (header->header_size != sizeof(*header))
		return HEADER_WRONG(header_size);
	if (header->section_count != RBI_SEC_COUNT)
		return HEADER_WRONG(section_count);
	if (header->file_size != size)
		return HEADER_WRONG(file_size);
	if (header->metadata_size < sizeof(*header) || header->metadata_size > size)
		return HEADER_WRONG(metadata_size);
	/* No overflow: metadata_size is at most the size of a real file. */
	if (header->pages_offset != ALIGN(header->metadata_size, RBI_PAGE_SIZE))
		return HEADER_WRONG(pages_offset);
	if (header->pages_offset > size || header->pages_size != size - header->pages_offset ||
	    !IS_ALIGNED(header->pages_size, RBI_PAGE_SIZE))
		return HEADER_WRONG(pages_size);
	return 0;
}

static int check_sections(const struct rbi_header *header, struct restart_fault *fault)
{
	u64 end = sizeof(*header);
	u32 i;

	for (i = 0; i < RBI_SEC_COUNT; i++) {
		const struct rbi_section_ref *ref = &header->sections[i];
		u64 start = ALIGN(end, RBI_SECTION_ALIGN);

		if (ref->kind != i)
			return section_wrong(fault, i, offsetof(struct rbi_section_ref, kind));
		if (ref->record_size != record_sizes[i])
			return section_wrong(fault, i,
					     offsetof(struct rbi_section_ref, record_size));
		if (ref->offset != start)
			return section_wrong(fault, i, offsetof(struct rbi_section_ref, offset));
		if (start > header->metadata_size || ref->count >= RBI_NONE ||
		    ref->count > div_u64(header->metadata_size - start, record_sizes[i]))
			return section_wrong(fault, i, offsetof(struct rbi_section_ref, count));
		end = start + ref->count * record_sizes[i];
	}
	if (header->metadata_size != end)
		return HEADER_WRONG(metadata_size);
	if (!header->sections[RBI_SEC_TASKS].count ||
	    header->sections[RBI_SEC_TASKS].count > RESTART_MAX_TASKS)
		return section_wrong(fault, RBI_SEC_TASKS, offsetof(struct rbi_section_ref, count));
	return 0;
}

static void set_sections(struct restart_image *image, const struct rbi_header *header)
{
	u32 i;

	image->pages_offset = header->pages_offset;
	image->pages_size = header->pages_size;
	for (i = 0; i < RBI_SEC_COUNT; i++) {
		image->count[i] = header->sections[i].count;
		if (i <= RBI_SEC_XSTATES)
			image->records[i] = image->metadata + header->sections[i].offset;
	}
	image->tasks = image->records[RBI_SEC_TASKS];
	image->groups = image->records[RBI_SEC_GROUPS];
	image->mms = image->records[RBI_SEC_MMS];
	image->vmas = image->records[RBI_SEC_VMAS];
	image->runs = image->records[RBI_SEC_RUNS];
	image->backings = image->records[RBI_SEC_BACKINGS];
	image->auxv = image->records[RBI_SEC_AUXV];
	image->files = image->records[RBI_SEC_FILES];
	image->fds = image->records[RBI_SEC_FDS];
	image->ofds = image->records[RBI_SEC_OFDS];
	image->pipes = image->records[RBI_SEC_PIPES];
	image->fs = image->records[RBI_SEC_FS];
	image->sighands = image->records[RBI_SEC_SIGHANDS];
	image->actions = image->records[RBI_SEC_ACTIONS];
	image->pending = image->records[RBI_SEC_PENDING];
	image->registers = image->records[RBI_SEC_REGISTERS];
	image->credentials = image->records[RBI_SEC_CREDENTIALS];
	image->gids = image->records[RBI_SEC_GIDS];
	image->limits = image->records[RBI_SEC_LIMITS];
	image->timers = image->records[RBI_SEC_TIMERS];
	image->locks = image->records[RBI_SEC_LOCKS];
	image->zombies = image->records[RBI_SEC_ZOMBIES];
	image->ptys = image->records[RBI_SEC_PTYS];
	image->xstates = image->records[RBI_SEC_XSTATES];
}

/*
 * The header is read and checked first, and only that copy of it is used:
 * whatever the file becomes meanwhile, sections lie inside the buffer.
 */
static int read_records(struct restart_image *image, struct restart_fault *fault)
{
	struct rbi_header header;
	u64 size;
	int err = read_exactly(image->file, &header, sizeof(header));

	if (!err)
		err = check_header(&header, i_size_read(file_inode(image->file)), fault);
	if (!err)
		err = check_sections(&header, fault);
	if (err)
		return err;
	size = header.sections[RBI_SEC_XSTATES].offset + header.sections[RBI_SEC_XSTATES].count;
	if (size > RESTART_MAX_METADATA) {
		HEADER_WRONG(metadata_size);
		return -E2BIG;
	}
	image->metadata = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!image->metadata)
		return -ENOMEM;
	image->like = kvmalloc_array(header.sections[RBI_SEC_FILES].count + 1, sizeof(u32),
				     GFP_KERNEL_ACCOUNT);
	if (!image->like)
		return -ENOMEM;
	err = read_exactly(image->file, image->metadata, size);
	if (!err)
		set_sections(image, &header);
	return err;
}

int restart_image_read(struct restart_image *image, int fd, struct restart_fault *fault)
{
	int err;

	*fault = (struct restart_fault){ RESTART_AT_IMAGE, RBI_NONE, RBI_NONE, RBI_NONE };
	image->file = fget(fd);
	if (!image->file)
		return -EBADF;
	if (!S_ISREG(file_inode(image->file)->i_mode) || !(image->file->f_mode & FMODE_READ) ||
	    !image->file->f_op->read_iter)
		err = -EINVAL;
	else if (i_size_read(file_inode(image->file)) < sizeof(struct rbi_header))
		err = HEADER_WRONG(header_size);
	else
		err = read_records(image, fault);
	if (err)
		restart_image_free(image);
	return err;
}

void restart_image_free(struct restart_image *image)
{
	if (image->file)
		fput(image->file);
	kvfree(image->metadata);
	kvfree(image->like);
	memset(image, 0, sizeof(*image));
}
