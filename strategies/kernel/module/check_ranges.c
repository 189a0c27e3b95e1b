// SPDX-License-Identifier: GPL-2.0
/*
 * Ranges of records in other sections: each starts where the one before it
 * ended, so that none overlap and no record is without an owner.
 */
#include <linux/kernel.h>

#include "check.h"

struct owner {
	u32 section;
	u32 first; /* offsets of the two fields */
	u32 count;
	bool wide; /* first has 64 bits */
	u32 next;  /* record whose range comes next */
};

#define OWNER(SECTION, type, FIRST, COUNT)                                           \
	{                                                                            \
		.section = RBI_SEC_##SECTION, .first = offsetof(struct type, FIRST), \
		.count = offsetof(struct type, COUNT),                               \
		.wide = sizeof_field(struct type, FIRST) == sizeof(u64),             \
	}

/*
 * Takes the owner's ranges as long as they continue at the position, and moves
 * it to their end. An empty range may have a first of 0 instead.
 */
static int advance(const struct restart_image *image, struct owner *owner, u32 target,
		   u64 *position, bool *moved, struct restart_fault *fault)
{
	u32 size = restart_record_size(owner->section);

	for (; owner->next < image->count[owner->section]; owner->next++, *moved = true) {
		const void *record = image->records[owner->section] + (u64)owner->next * size;
		u64 first = owner->wide ? *(const u64 *)(record + owner->first)
					: *(const u32 *)(record + owner->first);
		u32 count = *(const u32 *)(record + owner->count);

		if (!count && !first)
			continue;
		if (first != *position)
			return 0;
		if (count > image->count[target] - *position)
			return restart_wrong(fault, owner->section, owner->next, owner->count);
		*position += count;
	}
	return 0;
}

/* Together the ranges tile the target; kinds of owners may mix in any order. */
static int check_tiling(const struct restart_image *image, u32 target, struct owner *owners,
			u32 kinds, struct restart_fault *fault)
{
	u64 position = 0;
	bool moved = true;
	u32 i;

	while (moved) {
		moved = false;
		for (i = 0; i < kinds; i++) {
			int err = advance(image, &owners[i], target, &position, &moved, fault);

			if (err)
				return err;
		}
	}
	for (i = 0; i < kinds; i++)
		if (owners[i].next < image->count[owners[i].section])
			return restart_wrong(fault, owners[i].section, owners[i].next,
					     owners[i].first);
	if (position != image->count[target])
		return restart_wrong(fault, target, position, RBI_NONE);
	return 0;
}

int restart_check_ranges(const struct restart_image *image, struct restart_fault *fault)
{
	struct {
		u32 target;
		u32 kinds;
		struct owner owners[2];
	} ranges[] = {
		{ RBI_SEC_VMAS, 1, { OWNER(MMS, rbi_mm, vma_first, vma_count) } },
		{ RBI_SEC_RUNS,
		  2,
		  { OWNER(MMS, rbi_mm, run_first, run_count),
		    OWNER(BACKINGS, rbi_backing, run_first, run_count) } },
		{ RBI_SEC_AUXV, 1, { OWNER(MMS, rbi_mm, auxv_first, auxv_count) } },
		{ RBI_SEC_FDS, 1, { OWNER(FILES, rbi_files, fd_first, fd_count) } },
		{ RBI_SEC_ACTIONS,
		  1,
		  { OWNER(SIGHANDS, rbi_sighand, action_first, action_count) } },
		{ RBI_SEC_PENDING,
		  2,
		  { OWNER(TASKS, rbi_task, pending_first, pending_count),
		    OWNER(GROUPS, rbi_group, pending_first, pending_count) } },
		{ RBI_SEC_GIDS, 1, { OWNER(CREDENTIALS, rbi_credentials, gid_first, gid_count) } },
		{ RBI_SEC_LIMITS, 1, { OWNER(GROUPS, rbi_group, limit_first, limit_count) } },
		{ RBI_SEC_TIMERS, 1, { OWNER(GROUPS, rbi_group, timer_first, timer_count) } },
	};
	int err = 0;
	u32 i;

	for (i = 0; !err && i < ARRAY_SIZE(ranges); i++)
		err = check_tiling(image, ranges[i].target, ranges[i].owners, ranges[i].kinds,
				   fault);
	return err;
}
