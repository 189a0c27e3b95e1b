/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an image may contain: the rules of docs/image-format.md, checked by the
 * kernel for itself, and what this kernel cannot restore. Each part relies on
 * those before it and on nothing else.
 *
 * A check returns 0; -EINVAL, a rule is broken; -EOPNOTSUPP, legal but beyond
 * this kernel; -ENOMEM. The fault says where.
 */
#ifndef RESTART_CHECK_H
#define RESTART_CHECK_H

#include <linux/errno.h>

#include "image.h"
#include "restart_uapi.h"

#define RESTART_USER_START 65536ull			/* the default of vm.mmap_min_addr */
#define RESTART_USER_END ((1ull << 47) - RBI_PAGE_SIZE) /* TASK_SIZE_MAX, four levels */

int restart_check_image(const struct restart_image *image, struct restart_fault *fault);

/* The parts, in the order in which they run. */
int restart_check_ranges(const struct restart_image *image, struct restart_fault *fault);
int restart_check_tasks(const struct restart_image *image, struct restart_fault *fault);
int restart_check_sharing(const struct restart_image *image, struct restart_fault *fault);
int restart_check_sessions(const struct restart_image *image, struct restart_fault *fault);
int restart_check_memory(const struct restart_image *image, struct restart_fault *fault);
int restart_check_runs(const struct restart_image *image, struct restart_fault *fault);
int restart_check_backings(const struct restart_image *image, struct restart_fault *fault);
int restart_check_files(const struct restart_image *image, struct restart_fault *fault);
int restart_check_ptys(const struct restart_image *image, struct restart_fault *fault);
int restart_check_credentials(const struct restart_image *image, struct restart_fault *fault);
int restart_check_timers(const struct restart_image *image, struct restart_fault *fault);
int restart_check_locks(const struct restart_image *image, struct restart_fault *fault);
int restart_check_zombies(const struct restart_image *image, struct restart_fault *fault);
int restart_check_signals(const struct restart_image *image, struct restart_fault *fault);
int restart_check_registers(const struct restart_image *image, struct restart_fault *fault);

/* Notes the place. @field: offset in the record, RBI_NONE = the record as a whole */
static inline int restart_wrong(struct restart_fault *fault, u32 section, u32 index, u32 field)
{
	*fault = (struct restart_fault){ RESTART_AT_IMAGE, section, index, field };
	return -EINVAL;
}

/* The same for what is legal but cannot be done here. */
static inline int restart_beyond(struct restart_fault *fault, u32 section, u32 index, u32 field)
{
	restart_wrong(fault, section, index, field);
	return -EOPNOTSUPP;
}

/* An address that user space can have mapped. */
static inline bool restart_user_address(u64 address)
{
	return address >= RESTART_USER_START && address < RESTART_USER_END;
}

/* Every bit of a bitmap over a section's records is set, or which record is unused. */
int restart_check_all_used(const struct restart_image *image, u32 section,
			   const unsigned long *used, struct restart_fault *fault);

/* A zeroed bitmap with one bit for each record of a section; free with kvfree(). */
unsigned long *restart_bitmap(const struct restart_image *image, u32 section);

#endif
