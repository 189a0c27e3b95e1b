/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Errands: what only system calls of the task itself can do, as the kernel has no
 * function for it that a module may call: timer_create(2), mlock2(2), mlockall(2).
 *
 * Once all tasks stand at the barrier, so that every thread and every mm is there,
 * the coordinator sends those that have an errand to user mode, into code and
 * requests that the module maps for that. The code makes the calls and then touches
 * the door: a page whose fault handler takes the task back into the module. There it
 * unmaps all of this, gets its registers, and stands at the barrier like all others.
 */
#ifndef RESTART_ERRAND_H
#define RESTART_ERRAND_H

#include <linux/sched.h>
#include <linux/time64.h>
#include <linux/types.h>
#include <uapi/asm-generic/siginfo.h>

struct restart;
struct restart_image;
struct restart_task;

/* One system call of an errand; errand_code.c knows the offsets. */
struct restart_request {
	u64 call; /* its number */
	u64 arguments[5];
	/* timer_create(2) only: again until @wanted results, then timer_settime(2) */
	s32 id; /* what the last call gave */
	s32 wanted;
	sigevent_t event;
	struct __kernel_itimerspec times;
};

/* A task's, from when the image is loaded until it is freed. */
struct restart_errand {
	struct restart_task *task;
	struct task_struct *away; /* the task, while it is in user mode; to compare with */
	bool back;
	bool locks;  /* it is the one that locks its mm's memory */
	long answer; /* 0 or the error of the request that failed */
	unsigned long code;
	unsigned long requests;
	unsigned long size; /* of the requests */
	unsigned long door;
	u64 since; /* restart_clock() */
	struct callback_head work;
};

/* errand_code.c: rbx: first request, r12: end of the last, r13: the door */
extern const char restart_errand_code[];
extern const char restart_errand_code_end[];

/* errand_requests.c */
bool restart_locks_memory(const struct restart_image *image);
u64 restart_count_requests(const struct restart_image *image, u32 task, bool locks);
int restart_write_requests(struct restart_task *t);
int restart_confirm_locks(struct restart_task *t);

/* By restart_plan(): who has one? */
int restart_errands_init(struct restart *r);
void restart_errands_free(struct restart *r);

/* The coordinator, when all stand at the barrier: sends them out, and waits for them. */
int restart_send_out(struct restart *r);
int restart_unveil(struct restart *r); /* afterwards; credentials.c */
/* Has a task died on its errand? */
bool restart_strayed(struct restart *r);
/* The restart has failed: those who are out need not finish. */
void restart_call_off(struct restart *r);

/*
 * Current's, at the barrier: waits, then leaves for user mode with registers of the
 * errand. The caller's hold of the restart is the door's from then on.
 */
int restart_set_out(struct restart_task *t);

#endif
