/* SPDX-License-Identifier: MIT */
/* The coordinator: parent of the tree's root, and init of its pid namespace. */
#include <linux/futex.h>
#include <linux/prctl.h>

#include "strategies/userspace/restorer/restorer.h"

#define SIGKILL 9

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
	if (!control->own_namespace) /* it outlives the zygote, to clean up */
		return sys2(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
	/* Its death ends the namespace. The zygote may have died just before. */
	ret = sys2(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
	if (__atomic_load_n(&control->zygote_life.word, __ATOMIC_ACQUIRE) & FUTEX_OWNER_DIED)
		sys1(SYS_exit_group, 1);
	return ret;
}

static void answer(struct rst_channel *channel, __u32 sequence, long result)
{
	channel->result = (__s32)result;
	channel->command = RST_COMMAND_NONE;
	__atomic_store_n(&channel->done, sequence, __ATOMIC_RELEASE);
	futex_wake_all(&channel->done);
}

/*
 * Among the host's pids the zygote ends the tree when the caller dies; if it is
 * killed itself, the coordinator does. Does nothing in other tasks.
 */
void end_if_abandoned(const struct rst_control *control)
{
	if (control->own_namespace || (__u32)sys0(SYS_getpid) != control->coordinator_pid ||
	    (__u32)sys0(SYS_getppid) == control->zygote_pid)
		return;
	kill_tree(control);
	sys1(SYS_exit_group, 1);
}

/* Reaps orphans of the tree, which end up here, and its root. */
static void reap(struct rst_control *control)
{
	int status = 0;
	long pid;

	while ((pid = sys4(SYS_wait4, -1, &status, WALL | WNOHANG, 0)) > 0) {
		if ((__u32)pid != slot_at(control, 0)->pid)
			continue;
		slot_at(control, 0)->created = 0; /* its pid may be another's now */
		control->root_status = status;
		__atomic_store_n(&control->root_ended, 1, __ATOMIC_RELEASE);
		futex_wake_all(&control->root_ended);
	}
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
			answer(channel, sequence, result);
			continue;
		}
		reap(control);
		end_if_abandoned(control);
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
