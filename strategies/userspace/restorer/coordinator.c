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

/* Looks without reaping: waitid(P_PID, WEXITED | WNOHANG | WNOWAIT). */
static int is_child(__u32 pid)
{
	return !is_error(sys5(SYS_waitid, 1, pid, 0, 4 | WNOHANG | 0x01000000 | WALL, 0));
}

/*
 * Where no namespace dies with the coordinator: kill what was created, reap all.
 * In the middle of a restart more come into being meanwhile, and are ours once
 * their creators are dead.
 */
static void kill_tree(const struct rst_control *control)
{
	__u32 i;

	for (i = 0; i + 1 < control->slot_count; i++) {
		const struct rst_slot *slot = slot_at(control, i);

		if (slot->created && !(slot->flags & RST_SLOT_THREAD))
			sys2(SYS_kill, slot->pid, SIGKILL);
	}
	for (;;) {
		long ret;

		while ((ret = sys4(SYS_wait4, -1, 0, WALL | WNOHANG, 0)) > 0)
			;
		if (is_error(ret))
			return;
		for (i = 0; i + 1 < control->slot_count; i++) {
			const struct rst_slot *slot = slot_at(control, i);

			if (slot->pid && !(slot->flags & RST_SLOT_THREAD) && is_child(slot->pid))
				sys2(SYS_kill, slot->pid, SIGKILL);
		}
		sys0(SYS_sched_yield);
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

			if (channel->command == RST_COMMAND_RELEASE)
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
