/* SPDX-License-Identifier: MIT */
/* C in the kernel's style: */
/* clang-format off */
/*
 * The check block: what one task must see. Written by workloads/, read by the
 * payload. Addresses are those of the task's own mm.
 */
#ifndef RESTARTBENCH_CHECK_BLOCK_H
#define RESTARTBENCH_CHECK_BLOCK_H

#include "workloads/payload/payload.h"

/* Records of one kind, one after the other in the task's memory. */
struct payload_table {
	__u64 address;
	__u64 count;
};

/* Word i of the memory must be rbi_word(seed, first + i), or zero. */
struct payload_range {
	__u64 address;
	__u64 words; /* of 64 bits */
	__u64 seed;
	__u64 first;
	__u32 zero; /* all words are zero */
	__u32 reserved;
};

#define PAYLOAD_NO_OFFSET (~0ull)

/*
 * Alike fds: first, first + stride, … (count of them). Big tables are regular,
 * so a few of these describe them, and little memory is restored on top of
 * what the workload is about.
 */
struct payload_fds {
	__u32 first;
	__u32 count;
	__u32 stride;
	__u32 type; /* S_IFMT bits; 0: these numbers must be closed */
	__u32 fd_flags; /* FD_CLOEXEC or 0 */
	__u32 status; /* F_GETFL & PAYLOAD_STATUS_MASK */
	__u64 offset; /* of the first fd; PAYLOAD_NO_OFFSET: not seekable */
	__u64 offset_stride;
	__u64 seed; /* regular files begin with rbi_word(seed, 0); 0: unchecked */
};

/* O_ACCMODE | O_APPEND | O_NONBLOCK | O_NOATIME: what F_GETFL must tell. */
#define PAYLOAD_STATUS_MASK (00000003u | 00002000u | 00004000u | 01000000u)

/* A pipe whose contents this task, and no other, reads. */
struct payload_pipe {
	__u32 fd; /* its read end */
	__u32 capacity; /* F_GETPIPE_SZ */
	__u64 size; /* bytes in it, pattern words of the seed, FIONREAD */
	__u64 seed;
};

/* Flags of a check block: checks that one of several sharers must do. */
#define PAYLOAD_UMASK 1u /* umask can only be read by changing it */
#define PAYLOAD_SHARED_QUEUE 2u /* dequeue the thread group's pending signals */
#define PAYLOAD_ACTIONS 4u /* compare all signal actions */
#define PAYLOAD_ITIMERS 8u

struct payload_check_block {
	__u64 size; /* sizeof(struct payload_check_block) */
	__u64 report; /* address of the task's struct payload_report */
	__u32 flags; /* PAYLOAD_* above */
	__u32 tid;
	__u32 pid; /* of the thread group */
	__u32 ppid; /* 0 = unchecked, and so for the next two */
	__u32 pgid;
	__u32 sid;
	char name[RBI_NAME_LEN];
	__u64 registers; /* seed: register n is rbi_word(seed, n) */
	__u64 xstate; /* seed of payload_xstate.h */
	__u64 rsp;
	__u64 rflags;
	__u64 fs_base;
	__u64 gs_base;
	__u64 stack; /* seed: word n of the page that rsp is in */
	__u64 blocked;
	__u64 shared_signals; /* those pending for the thread group */
	__u64 altstack_sp;
	__u64 altstack_size;
	__u32 altstack_flags;
	__u32 handled; /* a signal to raise and to see handled; 0 = none */
	__u64 robust_list;
	__u64 robust_list_len; /* 0 = none registered */
	__u64 clear_child_tid;
	__u64 brk; /* 0 = unchecked */
	__u64 cwd; /* address of the string */
	__u32 umask;
	__u32 reserved;
	struct payload_table pending; /* struct rbi_siginfo, private queue */
	struct payload_table shared_pending; /* with PAYLOAD_SHARED_QUEUE */
	struct payload_table actions; /* struct rbi_action, ascending */
	struct payload_table ranges; /* struct payload_range */
	struct payload_table fds; /* struct payload_fds */
	struct payload_table pipes; /* struct payload_pipe */
	struct rbi_itimer itimers[3]; /* with PAYLOAD_ITIMERS */
};

RBI_ASSERT_SIZE(payload_range, 40);
RBI_ASSERT_SIZE(payload_fds, 48);
RBI_ASSERT_SIZE(payload_pipe, 24);

#endif
