/* SPDX-License-Identifier: MIT */
/* The end of a restart: thread state, barrier, first instruction. */
#include <asm/prctl.h>
#include <linux/prctl.h>

#include "strategies/userspace/restorer/restorer.h"

/* Adds the time since the last call to a stage. */
void account(struct run *run, __u16 stage)
{
	__u64 now = cycles();

	run->packet->cycles[stage] += now - run->since;
	run->since = now;
}

/* The last task to arrive wakes the caller. */
void arrive(struct run *run)
{
	struct rst_control *control = run->control;

	if (__atomic_add_fetch(&control->arrived, 1, __ATOMIC_ACQ_REL) == control->expected) {
		control->ready_cycles = cycles();
		__atomic_store_n(&control->ready, 1, __ATOMIC_RELEASE);
		futex_wake_all(&control->ready);
	}
}

static long set_thread_state(const struct rst_packet *packet)
{
	const struct rst_altstack *stack = &packet->frame.stack;
	long ret = 0;

	if (packet->flags & RST_PACKET_NAME)
		ret = sys2(SYS_prctl, PR_SET_NAME, packet->name);
	if (!ret && packet->flags & RST_PACKET_SET_TLS) {
		ret = sys2(SYS_arch_prctl, ARCH_SET_FS, packet->fs_base);
		sys1(SYS_set_tid_address, packet->clear_child_tid);
	}
	if (!ret && packet->gs_base)
		ret = sys2(SYS_arch_prctl, ARCH_SET_GS, packet->gs_base);
	if (!ret && packet->robust_list_len)
		ret = sys2(SYS_set_robust_list, packet->robust_list, packet->robust_list_len);
	if (!ret && packet->rseq)
		ret = sys4(SYS_rseq, packet->rseq, packet->rseq_len, 0, packet->rseq_sig);
	/* By hand, as rt_sigreturn ignores a refusal where rsp is on that stack. */
	if (!ret && stack->size)
		ret = sys2(SYS_sigaltstack, stack, 0);
	return ret;
}

long finish(struct run *run)
{
	struct rst_control *control = run->control;
	const struct rst_packet *packet = run->packet;
	long ret;

	/*
	 * Before the kernel writes to the thread's rseq area: reading that first
	 * would map the zero page, whose replacement interrupts the other CPUs.
	 */
	if (packet->fill_size) {
		account(run, run->stage);
		fill(packet->fill_to, packet->fill_size, packet->fill_from);
		account(run, RST_STAGE_MEMORY);
	}
	ret = set_thread_state(packet);
	if (is_error(ret))
		return ret;
	account(run, run->stage);
	arrive(run);
	while (!__atomic_load_n(&control->go, __ATOMIC_ACQUIRE))
		futex_wait(&control->go, 0, control);
	__atomic_add_fetch(&control->left, 1, __ATOMIC_RELEASE);
	asm volatile("mov %0, %%rsp\n\t"
		     "mov $15, %%eax\n\t" /* SYS_rt_sigreturn */
		     "syscall\n\t"
		     "ud2"
		     :
		     : "r"(&packet->frame.uc_flags)
		     : "memory");
	__builtin_unreachable();
}
