// SPDX-License-Identifier: GPL-2.0
/* The order of the checks, and what several of them share. */
#include <linux/bitmap.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "check.h"

int restart_check_image(const struct restart_image *image, struct restart_fault *fault)
{
	static int (*const parts[])(const struct restart_image *, struct restart_fault *) = {
		restart_check_ranges,	   restart_check_tasks,	  restart_check_sharing,
		restart_check_sessions,	   restart_check_zombies, restart_check_memory,
		restart_check_runs,	   restart_check_files,	  restart_check_ptys,
		restart_check_backings,	   restart_check_locks,	  restart_check_signals,
		restart_check_credentials, restart_check_timers,  restart_check_registers,
	};
	int err = 0;
	u32 i;

	for (i = 0; !err && i < ARRAY_SIZE(parts); i++) {
		err = parts[i](image, fault);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return err;
}

unsigned long *restart_bitmap(const struct restart_image *image, u32 section)
{
	return kvcalloc(BITS_TO_LONGS(image->count[section] + 1), sizeof(long), GFP_KERNEL_ACCOUNT);
}

int restart_check_all_used(const struct restart_image *image, u32 section,
			   const unsigned long *used, struct restart_fault *fault)
{
	unsigned long unused = find_first_zero_bit(used, image->count[section]);

	if (unused < image->count[section])
		return restart_wrong(fault, section, unused, RBI_NONE);
	return 0;
}
