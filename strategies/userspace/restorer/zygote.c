/* SPDX-License-Identifier: MIT */
/*
 * The zygote: a process with nothing mapped but the scaffold, from which the
 * coordinator of each restart is cloned. A fork copies page tables and VMAs;
 * from the caller, with its heap and libraries, it would cost what the caller
 * is, not what a restart is.
 */
#include <linux/prctl.h>
#include <linux/sched.h>

#include "strategies/userspace/restorer/restorer.h"

#define SIGKILL 9
#define SIGCHLD 17
#define P_PID 1
#define WEXITED 4
#define WNOWAIT 0x01000000
#define TASK_SIZE_MAX 0x7ffffffff000ull

void unmap_all_but_scaffold(const struct rst_control *control)
{
	__u64 end = control->base + control->size;

	sys2(SYS_munmap, 0, control->base);
	sys2(SYS_munmap, end, TASK_SIZE_MAX - end);
}

static long start_coordinator(struct rst_control *control)
{
	__u32 index = control->slot_count - 1;
	struct clone_args args = {
		.flags = control->own_namespace ? CLONE_NEWPID : 0,
		.exit_signal = SIGCHLD,
		.stack = control->stacks + index * control->stack_size,
		.stack_size = control->stack_size,
	};

	return clone_task(&args, control, index);
}

/*
 * The coordinator may be dead before, or hang: nothing is asked of it. An init
 * is reaped only after every task of its namespace is gone; the tasks among the
 * host's pids become the zygote's children.
 */
static long end_tree(const struct rst_control *control, long pid)
{
	long ret;

	if (pid <= 0)
		return 0;
	sys2(SYS_kill, pid, SIGKILL);
	if (!control->own_namespace) {
		sys5(SYS_waitid, P_PID, pid, 0, WEXITED | WNOWAIT | WALL, 0);
		/* A creator that dies may not have noted its last child; as long as
		 * the coordinator is not reaped, its group is nobody else's. */
		sys2(SYS_kill, -pid, SIGKILL);
	}
	ret = sys4(SYS_wait4, pid, 0, WALL, 0);
	if (!is_error(ret) && !control->own_namespace)
		kill_tree(control);
	return is_error(ret) ? ret : 0;
}

static void mark_death(struct rst_control *control)
{
	struct rst_life *life = &control->zygote_life;

	life->first = (__u64)&life->next;
	life->next = (__u64)&life->first;
	life->word_offset = (__s64)((__u64)&life->word - (__u64)&life->next);
	life->word = (__u32)sys0(SYS_gettid);
	sys2(SYS_set_robust_list, &life->first, 24);
}

_Noreturn void zygote_main(struct rst_control *control)
{
	struct rst_channel *channel = &control->zygote;
	long pid = 0;

	unmap_all_but_scaffold(control);
	sys2(SYS_arch_prctl, 0x1002 /* ARCH_SET_FS */, 0);
	control->zygote_pid = (__u32)sys0(SYS_getpid);
	mark_death(control);
	control->creator_result = (__s32)make_creator(control);
	if (!control->own_namespace)
		sys2(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
	for (;;) {
		__u32 sequence = __atomic_load_n(&channel->sequence, __ATOMIC_ACQUIRE);

		if (!control->own_namespace &&
		    (__u32)sys0(SYS_getppid) != control->caller_pid) {
			end_tree(control, pid);
			sys1(SYS_exit_group, 1);
		}
		if (sequence == channel->done) {
			futex_wait_ms(&channel->sequence, sequence, IDLE_MS);
			continue;
		}
		switch (channel->command) {
		case RST_COMMAND_START:
			pid = control->creator_result ? control->creator_result :
							start_coordinator(control);
			channel->result = (__s32)pid;
			break;
		case RST_COMMAND_DESTROY:
			channel->result = (__s32)end_tree(control, pid);
			pid = 0;
			break;
		case RST_COMMAND_DETACH:
			/* Its tasks come here as orphans, and go on from here as such. */
			sys2(SYS_kill, pid, SIGKILL);
			sys4(SYS_wait4, pid, 0, WALL, 0);
			sys1(SYS_exit_group, 0);
			break;
		case RST_COMMAND_QUIT:
			end_tree(control, pid);
			sys1(SYS_exit_group, 0);
			break;
		default:
			channel->result = -22;
		}
		__atomic_store_n(&channel->done, sequence, __ATOMIC_RELEASE);
		futex_wake_all(&channel->done);
	}
}
