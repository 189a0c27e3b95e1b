/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A restart: one open file of /dev/restart.
 *
 * Its life is in restart_uapi.h. Memory is held by the open file and by every
 * task that runs code of the module (holders). Every task touches only itself:
 * it is created in its creator's context, and changes its own pointers.
 */
#ifndef RESTART_RESTART_H
#define RESTART_RESTART_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/spinlock.h>

#include "image.h"
#include "restart_uapi.h"

/* How a task comes to its object of a class (plan.c). */
enum restart_how {
	RESTART_KEEP, /* clone() shares the creator's, which is the right one */
	RESTART_COPY, /* clone() copies the creator's; what differs is changed in place */
	RESTART_MAKE, /* made by the task, which alone puts it in place */
	RESTART_TAKE, /* from the pool: made by whoever comes first */
};

/* What a process does about its session and group before it creates children. */
enum restart_founding {
	RESTART_FOUND_NOTHING,
	RESTART_FOUND_SESSION,
	RESTART_FOUND_GROUP,
};

#define RESTART_CLAIMED_SIGHAND 0
#define RESTART_CLAIMED 1

struct restart;

struct restart_task {
	struct restart *restart;
	u32 index;
	u32 first_child; /* tasks to create, in the image's order */
	u32 next_sibling;
	u8 how[RESTART_CLASS_COUNT];
	u8 founding;		     /* enum restart_founding, leaders only */
	bool same_actions;	     /* the copied sighand is right as it is */
	bool settled;		     /* optimistic: the ioctl is behind it */
	u64 filled_ns;		     /* of attaching, spent on contents */
	unsigned long claims;	     /* optimistic: RESTART_CLAIMED_* */
	struct task_struct *sleeper; /* it, while it waits at the barrier */
	struct callback_head work;
};

/* An object that several tasks put in place: made by the first of them. */
struct restart_object {
	struct mutex lock;
	void *made;
	u32 takers; /* tasks that put it in place; the others inherit it */
};

struct restart_given {
	struct file **files; /* NULL: not given, or not needed */
	u32 count;
};

struct restart {
	atomic_t holders;
	struct mutex lock;	  /* ioctls of the coordinator */
	enum restart_state state; /* under lock, but for RESTART_FAILED */
	int refusal;		  /* of the last LOAD or GIVE_FILES, which do not end the restart */
	bool optimistic;
	u32 inject;

	/* 0 = open, 1 = committed, else the error that ended it. */
	atomic_t verdict;
	spinlock_t verdict_lock;
	struct restart_fault fault; /* of the verdict, or of the refusal before it */

	struct restart_image image;
	struct restart_given given[RESTART_FILE_KIND_COUNT];
	struct restart_task *tasks;
	struct restart_object *objects[RESTART_CLASS_COUNT];
	u32 *moves; /* groups that the coordinator moves to their session and group */
	u32 move_count;
	struct pid **ghosts; /* numbers of sessions and groups whose founder is gone */
	u32 *ghost_numbers;
	u32 ghost_count;
	u64 inherited[RESTART_CLASS_COUNT];

	struct task_struct *coordinator;
	struct pid_namespace *pids;
	struct mm_struct *host_mm; /* the coordinator's, for comparison only */
	struct file *exe;	   /* the coordinator's, for mms that name none */
	pid_t root_pid;

	bool deserted;		   /* restart_lost() saw nobody outside */
	atomic_t awaited;	   /* tasks that are not at the barrier yet */
	struct completion arrived; /* all of them, or none will any more */
	u64 ready_ns;

	atomic_t steps;
	atomic64_t made[RESTART_CLASS_COUNT];
	atomic64_t attached[RESTART_CLASS_COUNT];
	atomic64_t stage_ns[RESTART_STAGE_COUNT];
};

/* Tasks that are inside the module, of every restart. */
extern atomic_t restart_live;

/* core.c: memory and references */
struct restart *restart_new(void);
int restart_load(struct restart *r, const struct restart_load *load);
/* References that only making and attaching need. */
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
int restart_give(struct restart *r, const struct restart_files *files);
int restart_given_complete(struct restart *r);
void restart_given_free(struct restart *r);

/* verdict.c: the first failure, or the commit, decides */
int restart_fail_at(struct restart *r, int err, const struct restart_fault *fault);
int restart_fail(struct restart *r, int err, u32 where, u32 index);
bool restart_commit(struct restart *r);
/* Passed before everything that can fail. */
int restart_step(struct restart *r);

/* The error that ended the restart, or 0. */
static inline int restart_error(struct restart *r)
{
	return min(atomic_read(&r->verdict), 0);
}

/* barrier.c */
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

/* signals.c */
int restart_signals(struct restart_task *t);
void restart_unblock(u64 blocked);
void restart_block_all(sigset_t *old);

/* thread.c, registers.c */
int restart_thread_state(struct restart_task *t);
int restart_registers(struct restart_task *t);
void restart_last_register(struct restart_task *t);

/* status.c */
void restart_fill_status(struct restart *r, struct restart_status *status);

/* Time that current spent running or sleeping, not waiting for a CPU. */
static inline u64 restart_clock(void)
{
#ifdef CONFIG_SCHED_INFO
	return local_clock() - current->sched_info.run_delay;
#else
	return local_clock();
#endif
}

/* Adds the time since @since to a stage; returns now. */
static inline u64 restart_account(struct restart *r, enum restart_stage stage, u64 since)
{
	u64 now = restart_clock();

	if ((s64)(now - since) > 0)
		atomic64_add(now - since, &r->stage_ns[stage]);
	return now;
}

static inline const struct rbi_task *restart_record(const struct restart_task *t)
{
	return &t->restart->image.tasks[t->index];
}

#endif
