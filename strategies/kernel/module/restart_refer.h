/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* /dev/restart: what a reference costs. A measurement, and no part of a restart. */
#ifndef RESTARTBENCH_RESTART_REFER_H
#define RESTARTBENCH_RESTART_REFER_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Takes and drops a reference to an object of the caller's own, `count` times: its cost. */
enum restart_referred {
	RESTART_REFERRED_MM,
	RESTART_REFERRED_FILES,
	RESTART_REFERRED_FS,
	RESTART_REFERRED_SIGHAND,
	RESTART_REFERRED_SIGNAL,
	RESTART_REFERRED_OPEN_FILE, /* the device's */
	RESTART_REFERRED_COUNT
};
struct restart_refer {
	__u32 object; /* enum restart_referred */
	__u32 count;  /* at most RESTART_MAX_REFER */
};
#define RESTART_MAX_REFER 4096

#define RESTART_REFER _IOW('R', 9, struct restart_refer) /* in any state */

#endif
