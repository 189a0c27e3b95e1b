// SPDX-License-Identifier: GPL-2.0
/* What the kernel knows of one thread: name, alternate stack, registrations. */
#include <linux/mutex.h> /* futex.h needs it */
#include <linux/futex.h>
#include <linux/rseq.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/version.h>

#include "restart.h"
#include "symbols.h"

/*
 * By hand: rseq(2) would read its area, in an mm that another task may still be
 * filling, and newer kernels clear the critical section in it. So one that the
 * task was in is aborted on its way to user mode, as after any preemption.
 */
static void register_rseq(const struct rbi_task *record)
{
	current->rseq = (struct rseq __user *)record->rseq;
	current->rseq_sig = record->rseq_sig;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	current->rseq_len = record->rseq_len;
#endif
	rseq_preempt(current);
}

int restart_thread_state(struct restart_task *t)
{
	const struct rbi_task *record = restart_record(t);
	int err = restart_step(t->restart);

	if (err)
		return err;
	if (strncmp(current->comm, record->name, TASK_COMM_LEN))
		HIDDEN(__set_task_comm)(current, record->name, false);
	current->sas_ss_sp = record->altstack_sp;
	current->sas_ss_size = record->altstack_size;
	current->sas_ss_flags = record->altstack_flags;
	current->clear_child_tid = (int __user *)record->clear_child_tid;
	current->robust_list = (struct robust_list_head __user *)record->robust_list;
	if (record->rseq)
		register_rseq(record);
	return 0;
}
