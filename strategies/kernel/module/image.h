/* SPDX-License-Identifier: GPL-2.0 */
/* An image in the kernel's memory: copied once, then checked, then used. */
#ifndef RESTART_IMAGE_H
#define RESTART_IMAGE_H

#include <linux/fs.h>

#include "image/format.h"

#define RESTART_MAX_TASKS 65536u
#define RESTART_MAX_METADATA (512ull << 20)

/* Where something is wrong: the fields of struct restart_status. */
struct restart_fault {
	u32 where;
	u32 section;
	u32 index;
	u32 field;
};
#define RESTART_NO_FAULT \
	((struct restart_fault){ RESTART_AT_NOTHING, RBI_NONE, RBI_NONE, RBI_NONE })

/*
 * The sections up to the XSAVE areas are in memory; what follows them concerns
 * user space only, and pages are read straight into place.
 */
struct restart_image {
	struct file *file;
	void *metadata;
	u64 pages_offset;
	u64 pages_size;
	u32 *like; /* by table of descriptors: the first of a row of tables that are the same */
	u64 count[RBI_SEC_COUNT];
	const void *records[RBI_SEC_COUNT]; /* NULL: not in memory */

	/* The same, typed. */
	const struct rbi_task *tasks;
	const struct rbi_group *groups;
	const struct rbi_mm *mms;
	const struct rbi_vma *vmas;
	const struct rbi_run *runs;
	const struct rbi_backing *backings;
	const struct rbi_auxv *auxv;
	const struct rbi_files *files;
	const struct rbi_fd *fds;
	const struct rbi_ofd *ofds;
	const struct rbi_pipe *pipes;
	const struct rbi_fs *fs;
	const struct rbi_sighand *sighands;
	const struct rbi_action *actions;
	const struct rbi_siginfo *pending;
	const struct rbi_registers *registers;
	const struct rbi_credentials *credentials;
	const struct rbi_gid *gids;
	const struct rbi_limit *limits;
	const struct rbi_timer *timers;
	const struct rbi_lock *locks;
	const struct rbi_zombie *zombies;
	const struct rbi_pty *ptys;
	const u8 *xstates;
};

/* sizeof a record of that section. */
u32 restart_record_size(u32 section);

/* Reads an image; the layout is checked, its records are not. */
int restart_image_read(struct restart_image *image, int fd, struct restart_fault *fault);
void restart_image_free(struct restart_image *image);

/* Whether two pieces of memory are the same; @size: a multiple of 8. Faster than memcmp(). */
bool restart_same(const void *a, const void *b, size_t size);

/* Whether a task leads its thread group. */
static inline bool restart_is_leader(const struct restart_image *image, u32 task)
{
	return image->groups[image->tasks[task].group].leader == task;
}

#endif
