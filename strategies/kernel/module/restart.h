/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the module call of each other; state.h is what they work on. */
#ifndef RESTART_RESTART_H
#define RESTART_RESTART_H

#include <linux/math64.h>
#include <linux/time64.h>
#include <asm/tsc.h>

#include "state.h"

/* Tasks that are inside the module, of every restart. */
extern atomic_t restart_live;

/* core.c: memory and references */
struct restart *restart_new(void);
int restart_load(struct restart *r, const struct restart_load *load, struct restart_fault *fault);
/* References that only making and attaching need: of the pool, and all of them. */
void restart_drop_pool(struct restart *r);
void restart_drop_objects(struct restart *r);
void restart_put(struct restart *r);
/* A task comes into the module and leaves it for good. */
void restart_enter(struct restart *r);
void restart_leave(struct restart *r);

/* plan.c: who creates whom, and how each comes to its objects */
int restart_plan(struct restart *r);
void restart_plan_free(struct restart *r);
u32 restart_object_of(const struct rbi_task *task, enum restart_class cls);
u32 restart_creator(const struct restart_image *image, u32 task);

/* given.c: open files from user space */
int restart_given_init(struct restart *r);
int restart_give(struct restart *r, const struct restart_files *files, struct restart_fault *fault);
int restart_given_complete(struct restart *r, struct restart_fault *fault);
void restart_given_free(struct restart *r);

/* verdict.c: the first failure, or the commit, decides */
int restart_fail_at(struct restart *r, int err, const struct restart_fault *fault);
int restart_fail(struct restart *r, int err, u32 where, u32 index);
bool restart_commit(struct restart *r);
/* The coordinator's call ends with @err, which ends nothing else; 0: all is well again. */
int restart_refuse(struct restart *r, int err, const struct restart_fault *fault);
/* Passed before everything that can fail. */
int restart_step(struct restart *r);

/* The error that ended the restart, or 0. */
static inline int restart_error(struct restart *r)
{
	return min(atomic_read(&r->verdict), 0);
}

/* barrier.c */
void restart_arrive(struct restart *r);
int restart_stand(struct restart_task *t);
int restart_await(struct restart *r);
void restart_wake_all(struct restart *r);
/* The death of a parent is no longer the end of all. */
void restart_part(struct restart *r);
int restart_cling(struct restart_task *t);

/* task.c: creation */
int restart_create(struct restart_task *t);
int restart_attach_all(struct restart_task *t);
int restart_complete(struct restart_task *t);
int restart_settle(struct restart_task *t, u64 since);
void restart_end(struct restart_task *t, int err);

/* attach.c: optimistic */
int restart_attach_sighand(struct restart *r, struct file *device, u32 index);
int restart_attach(struct restart *r, struct file *device, u32 index);
bool restart_lost(struct restart *r);

/* One file a class; each changes current. */
int restart_sighand(struct restart_task *t);
int restart_fs(struct restart_task *t);
int restart_mm(struct restart_task *t);
int restart_descriptors(struct restart_task *t);
void restart_put_object(enum restart_class cls, void *object);
void restart_put_fs(struct fs_struct *fs);

/* memory.c: VMAs and contents of the current mm */
int restart_fill_mm(struct restart_task *t);

/* sessions.c */
int restart_found(struct restart_task *t);
int restart_move_groups(struct restart *r);
int restart_ghosts_init(struct restart *r);
int restart_summon_ghosts(struct restart *r);
void restart_ghosts_free(struct restart *r);
/* terminals.c */
int restart_take_terminal(struct restart_task *t);
int restart_settle_terminals(struct restart *r);

/* zombies.c, process.c, credentials.c: each of current's */
int restart_zombies(struct restart_task *t);
int restart_process(struct restart_task *t);
int restart_credentials(struct restart_task *t);

/* signals.c */
int restart_signals(struct restart_task *t);
void restart_unblock(u64 blocked);
void restart_block_all(sigset_t *old);

/* refer.c */
struct restart_refer;
int restart_refer(struct file *device, const struct restart_refer *refer);

/* thread.c, registers.c */
int restart_thread_state(struct restart_task *t);
int restart_registers(struct restart_task *t);
void restart_last_register(struct restart_task *t);
void restart_general_registers(const struct rbi_registers *from);

/* status.c */
void restart_fill_status(struct restart *r, struct restart_status *status);

/*
 * Cycles that current spent running or sleeping, not waiting for a CPU. Of the
 * time stamp counter, as in user space: local_clock() costs forty instructions,
 * and every task reads the clock ten times.
 */
static inline u64 restart_clock(void)
{
	u64 now = rdtsc();
#ifdef CONFIG_SCHED_INFO
	u64 waited = READ_ONCE(current->sched_info.run_delay);

	if (waited)
		now -= mul_u64_u32_div(waited, tsc_khz, USEC_PER_SEC);
#endif
	return now;
}

/* Adds the time since @since to a stage; returns now. */
static inline u64 restart_account(struct restart *r, enum restart_stage stage, u64 since)
{
	u64 now = restart_clock();

	if ((s64)(now - since) > 0)
		atomic64_add(now - since, &r->stage_cycles[stage]);
	return now;
}

static inline const struct rbi_task *restart_record(const struct restart_task *t)
{
	return &t->restart->image.tasks[t->index];
}

#endif
