/* SPDX-License-Identifier: MIT */
/* The end of a tree among the host's pids, where no namespace dies with its init. */
#include "strategies/userspace/restorer/restorer.h"

#define SIGKILL 9

static void kill_created(const struct rst_control *control)
{
	int all_stand = __atomic_load_n(&control->ready, __ATOMIC_ACQUIRE) == 1;
	__u32 i;

	for (i = 0; i + 1 < control->slot_count; i++) {
		struct rst_slot *slot = slot_at(control, i);
		__u32 created;

		/* At the barrier the throw-aways are gone: their pids may be others'. */
		if (slot->flags & RST_SLOT_THREAD ||
		    (all_stand && slot->flags & RST_SLOT_THROWAWAY))
			continue;
		/* Once only: after it is reaped, the pid may be another's, too. */
		created = __atomic_exchange_n(&slot->created, 0, __ATOMIC_ACQ_REL);
		/* Its creator may have been killed before it could note it. */
		created |= slot->pid &&
			   __atomic_exchange_n(&packet_at(control, i)->alive, 0, __ATOMIC_ACQ_REL);
		if (created)
			sys2(SYS_kill, slot->pid, SIGKILL);
	}
}

/* By a subreaper above all of the tree: kills what was created, reaps all. */
void kill_tree(const struct rst_control *control)
{
	long ret;

	if (control->device_fd)
		device_note_created(control);
	/* A restart that failed may still be creating tasks: look again. */
	do {
		kill_created(control);
		while ((ret = sys4(SYS_wait4, -1, 0, WALL | WNOHANG, 0)) > 0)
			;
		if (!ret)
			sleep_ms(1);
	} while (!ret);
}
