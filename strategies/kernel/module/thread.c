// SPDX-License-Identifier: GPL-2.0
/* What the kernel knows of one thread: name, alternate stack, registrations. */
#include <linux/mutex.h> /* futex.h needs it */
#include <linux/futex.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "restart.h"
#include "symbols.h"

static int register_rseq(const struct rbi_task *record)
{
	struct pt_regs call = {
		.di = record->rseq,
		.si = record->rseq_len,
		.r10 = record->rseq_sig,
	};

	return HIDDEN(__x64_sys_rseq)(&call);
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
	return record->rseq ? register_rseq(record) : 0;
}
