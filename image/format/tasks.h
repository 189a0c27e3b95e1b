/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Tasks, thread groups, and what is theirs alone: limits, timers, zombies. Part of image/format.h. */
#ifndef RESTARTBENCH_IMAGE_FORMAT_TASKS_H
#define RESTARTBENCH_IMAGE_FORMAT_TASKS_H

#include "image/format/header.h"

/* One schedulable task (thread). A thread group's leader precedes its threads. */
struct rbi_task {
	__u32 pid; /* thread id in the tree's pid namespace, 2..2^22-1, unique */
	__u32 group; /* its thread group */
	__u32 mm;
	__u32 files;
	__u32 fs;
	__u32 sighand;
	__u32 registers;
	__u32 pending_first; /* its private pending queue */
	__u32 pending_count;
	__u32 robust_list_len; /* bytes; 0 = none registered, get_robust_list(2) */
	__u64 blocked; /* signal mask, bit n-1 = signal n; never KILL or STOP */
	__u64 robust_list; /* user address */
	__u64 clear_child_tid; /* user address or 0, set_tid_address(2) */
	__u64 rseq; /* user address or 0, rseq(2) */
	__u32 rseq_len;
	__u32 rseq_sig;
	__u64 altstack_sp; /* sigaltstack(2) */
	__u64 altstack_size; /* bytes; 0 = no alternate stack */
	__u32 altstack_flags; /* 0 or SS_AUTODISARM; SS_DISABLE iff size is 0 */
	__u32 credentials; /* RBI_NONE = those of whoever restarts the tree */
	char name[RBI_NAME_LEN]; /* comm, NUL-terminated and NUL-padded */
};

/* ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF of setitimer(2), microseconds. */
struct rbi_itimer {
	__u64 interval;
	__u64 value; /* 0 = disarmed */
};

#define RBI_GROUP_SUBREAPER 1u /* PR_SET_CHILD_SUBREAPER */
#define RBI_GROUP_OOM_SCORE_ADJ 2u /* oom_score_adj is set, else the restorer's */
#define RBI_GROUP_TERMINAL 4u /* its session's pseudo-terminal is its controlling terminal */
#define RBI_GROUP_ALL_FLAGS 7u

/*
 * A thread group. Group 0 is the root of the tree. A parent precedes its
 * children. Session and process group are given by number, as the leader that
 * founded them may be a task of the image or gone; 0 = those of whoever
 * restarts the tree.
 */
struct rbi_group {
	__u32 leader; /* task */
	__u32 parent; /* group; RBI_NONE for the root only */
	__u32 pgid;
	__u32 sid;
	__u32 exit_signal; /* 0..64 */
	__u32 pending_first; /* the shared pending queue */
	__u32 pending_count;
	__u32 flags; /* RBI_GROUP_* */
	struct rbi_itimer itimers[3];
	__u32 limit_first; /* those that differ from the restorer's */
	__u32 limit_count;
	__u32 timer_first; /* POSIX timers, ascending by id */
	__u32 timer_count;
	__s32 oom_score_adj; /* -1000..1000, with RBI_GROUP_OOM_SCORE_ADJ */
	__u32 reserved; /* 0 */
};

struct rbi_limit {
	__u32 resource; /* RLIMIT_*, ascending in a group */
	__u32 reserved; /* 0 */
	__u64 soft; /* ~0 = RLIM_INFINITY */
	__u64 hard;
};

/* A timer of timer_create(2). */
struct rbi_timer {
	__s32 id; /* what the kernel calls it */
	__u32 clock; /* CLOCK_* */
	__u32 notify; /* SIGEV_SIGNAL 0, SIGEV_NONE 1, SIGEV_THREAD_ID 4 */
	__u32 signal; /* 0 for SIGEV_NONE */
	__u32 task; /* SIGEV_THREAD_ID: which, else RBI_NONE */
	__u32 reserved; /* 0 */
	__u64 sigval;
	__u64 interval; /* ns */
	__u64 value; /* ns left; 0 = disarmed */
};

/* A process that has ended and that its parent has not waited for. */
struct rbi_zombie {
	__u32 pid; /* as of a task, unique among both */
	__u32 parent; /* group */
	__u32 pgid; /* its parent's, or its pid */
	__u32 sid; /* the same */
	__u32 exit_signal; /* 0..64 */
	__u32 status; /* as of wait(2): exit code << 8, or the signal that killed it */
	char name[RBI_NAME_LEN];
};

RBI_ASSERT_SIZE(rbi_task, 120);
RBI_ASSERT_SIZE(rbi_group, 104);
RBI_ASSERT_SIZE(rbi_limit, 24);
RBI_ASSERT_SIZE(rbi_timer, 48);
RBI_ASSERT_SIZE(rbi_zombie, 40);

#endif
