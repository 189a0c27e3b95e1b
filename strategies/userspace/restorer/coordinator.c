/* SPDX-License-Identifier: MIT */
/* The coordinator: parent of the tree's root, and init of its pid namespace. */
#include <linux/prctl.h>

#include "strategies/userspace/restorer/restorer.h"

#define WALL 0x40000000
#define WNOHANG 1
#define SIGKILL 9
#define IDLE_MS 500

/* The tree's outside: leads a session of its own, so no terminal reaches it. */
long lead(struct run *run)
{
	struct rst_control *control = run->control;
	char name[] = "rst-coordinator";
	long ret = sys0(SYS_setsid);

	if (is_error(ret))
		return ret;
	control->coordinator_pid = (__u32)sys0(SYS_getpid);
	sys2(SYS_prctl, PR_SET_NAME, name);
	/* Its death ends the namespace; without one, it must outlive the zygote to clean up. */
	return control->own_namespace ? sys2(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL) :
					sys2(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
}

static void answer(struct rst_channel *channel, __u32 sequence, long result)
{
	channel->result = (__s32)result;
	channel->command = RST_COMMAND_NONE;
	__atomic_store_n(&channel->done, sequence, __ATOMIC_RELEASE);
	futex_wake_all(&channel->done);
}

static void kill_created(const struct rst_control *control)
{
	int all_stand = __atomic_load_n(&control->ready, __ATOMIC_ACQUIRE) == 1;
	__u32 i;

	for (i = 0; i + 1 < control->slot_count; i++) {
		struct rst_slot *slot = slot_at(control, i);

		/* At the barrier the throw-aways are gone: their pids may be others'. */
		if (slot->flags & RST_SLOT_THREAD ||
		    (all_stand && slot->flags & RST_SLOT_THROWAWAY))
			continue;
		/* Once only: after it is reaped, the pid may be another's, too. */
		if (__atomic_exchange_n(&slot->created, 0, __ATOMIC_ACQ_REL))
			sys2(SYS_kill, slot->pid, SIGKILL);
	}
}

/* Where no namespace dies with the coordinator: kill what was created, reap all. */
static void kill_tree(struct rst_control *control)
{
	long ret;

	if (control->device_fd)
		device_abandon(control);
	/* A restart that failed may still be creating tasks: look again. */
	do {
		kill_created(control);
		while ((ret = sys4(SYS_wait4, -1, 0, WALL | WNOHANG, 0)) > 0)
			;
		if (!ret)
			sleep_ms(1);
	} while (!ret);
}

_Noreturn void serve(struct run *run)
{
	struct rst_control *control = run->control;
	struct rst_channel *channel = &control->coordinator;

	for (;;) {
		__u32 sequence = __atomic_load_n(&channel->sequence, __ATOMIC_ACQUIRE);

		if (sequence != channel->done) {
			long result = -22; /* EINVAL */

			if (channel->command == RST_COMMAND_RELEASE && !control->failure.set)
				result = release(run);
			if (channel->command == RST_COMMAND_KILL) {
				kill_tree(control);
				result = 0;
			}
			answer(channel, sequence, result);
			continue;
		}
		/* Orphans of the tree end up here. */
		while (sys4(SYS_wait4, -1, 0, WALL | WNOHANG, 0) > 0)
			;
		/* In a namespace of its own, the caller's death kills everything. */
		if (!control->own_namespace && is_error(sys2(SYS_kill, control->caller_pid, 0))) {
			kill_tree(control);
			sys1(SYS_exit_group, 1);
		}
		futex_wait_ms(&channel->sequence, sequence, IDLE_MS);
	}
}

/* All that is left to do in a restart that failed. */
_Noreturn void stand_by(struct rst_control *control)
{
	/* In the host's pid namespace, the coordinator alone can clean up. */
	if ((__u32)sys0(SYS_gettid) == control->coordinator_pid) {
		struct run run = { .control = control };

		serve(&run);
	}
	sleep_forever();
}
