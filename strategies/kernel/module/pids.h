/* SPDX-License-Identifier: GPL-2.0 */
/* Which task of an image has a pid. */
#ifndef RESTART_PIDS_H
#define RESTART_PIDS_H

#include "image.h"

struct restart_pids {
	u64 *entries; /* pid << 32 | task, ascending */
	u32 count;
};

int restart_pids_init(struct restart_pids *pids, const struct restart_image *image);
void restart_pids_free(struct restart_pids *pids);

/* The task with that pid, or RBI_NONE. */
u32 restart_pids_find(const struct restart_pids *pids, u32 pid);

/* Sorts numbers; does nothing more than look if they ascend already. */
void restart_sort(u64 *numbers, u32 count);

#endif
