/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A restart: one open file of /dev/restart.
 *
 * Its life is in restart_uapi.h. Memory is held by the open file and by every
 * task that runs code of the module (holders). Every task touches only itself:
 * it is created in its creator's context, and changes its own pointers.
 */
#ifndef RESTART_STATE_H
#define RESTART_STATE_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/sched.h>
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
#define RESTART_SEEN 2

struct restart;
struct restart_errand;

struct restart_task {
	struct restart *restart;
	u32 index;
	u32 first_child; /* tasks to create, in the image's order */
	u32 next_sibling;
	u8 how[RESTART_CLASS_COUNT];
	u8 founding;		       /* enum restart_founding, leaders only */
	bool same_actions;	       /* the copied sighand is right as it is */
	bool settled;		       /* the last close of a file is behind it */
	u64 filled;		       /* cycles of attaching, spent on contents */
	unsigned long claims;	       /* optimistic: RESTART_CLAIMED_* */
	struct task_struct *sleeper;   /* it, while it waits at the barrier */
	struct restart_errand *errand; /* NULL: it has none (errand.h) */
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
	bool optimistic;
	bool subreapers; /* the image has some */
	u32 inject;

	/* 0 = open, 1 = committed, else the error that ended it. */
	atomic_t verdict;
	spinlock_t verdict_lock;
	struct restart_fault fault; /* of the verdict, or of the refusal before it */
	int refusal; /* of the last LOAD or GIVE_FILES, which do not end the restart */

	struct restart_image image;
	struct restart_given given[RESTART_FILE_KIND_COUNT];
	u32 missing; /* files that are still to be given: no task attaches before */
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

	atomic_t awaited;	   /* tasks that are not at the barrier yet */
	struct completion arrived; /* all of them, or none will any more */
	u64 ready_ns;
	u32 errands;		/* tasks that have one */
	struct completion sent; /* they may leave the barrier for it */
	u32 deserted;		/* optimistic: times in a row that nobody was outside */

	atomic_t steps;
	atomic64_t made[RESTART_CLASS_COUNT];
	atomic64_t attached[RESTART_CLASS_COUNT];
	atomic64_t stage_cycles[RESTART_STAGE_COUNT];
};

#endif
