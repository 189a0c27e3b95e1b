/* SPDX-License-Identifier: MIT */
/* C in the kernel's style: */
/* clang-format off */
/*
 * What the self-checking payload, the workloads that lay it out and the
 * verifier that reads its reports agree on.
 *
 * Every synthetic mm maps, at fixed addresses: the payload's code, one check
 * block per task, one report per task. A task starts at the code's entry with
 * all registers set to a known pattern and its check block's address on top of
 * its stack, compares everything it can see with the block, writes its report
 * and sleeps until it is killed.
 */
#ifndef RESTARTBENCH_PAYLOAD_H
#define RESTARTBENCH_PAYLOAD_H

#include <linux/types.h>

#include "image/format.h"

/*
 * Stacks and check blocks lie between code and reports where they are few, so
 * that a small mm needs one page of page table entries (2 MiB), as a small
 * program does; else behind the reports.
 */
#define PAYLOAD_CODE 0x10000000ull /* begins with PAYLOAD_MAGIC, then the entry */
#define PAYLOAD_NEAR 0x10010000ull
#define PAYLOAD_REPORTS 0x10100000ull /* report of image task i: + i * 64 */
#define PAYLOAD_FAR 0x10900000ull /* behind the reports of PAYLOAD_MAX_TASKS */
#define PAYLOAD_HEAP 0x100000000ull /* start_brk of every mm */
#define PAYLOAD_MAX_TASKS 131072
#define PAYLOAD_MAGIC 0x44414f4c59415042ull /* "BPAYLOAD" */

/* Fixed places in the code. */
#define PAYLOAD_ENTRY (PAYLOAD_CODE + 8) /* first instruction of a task */
#define PAYLOAD_HANDLER (PAYLOAD_CODE + 16) /* a handler for SA_SIGINFO */
#define PAYLOAD_RESTORER (PAYLOAD_CODE + 24) /* for SA_RESTORER */

/*
 * The stack of a task: PAYLOAD_STACK_PAGES, of which the top one has contents:
 * pattern words, by their position in the page; the address of the check block
 * at PAYLOAD_RSP; a control block at PAYLOAD_TCB that fs_base points at, with
 * what libc keeps there.
 */
#define PAYLOAD_STACK_PAGES 4
#define PAYLOAD_RED_ZONE 128 /* bytes below rsp that are the task's own */
#define PAYLOAD_RSP 2048 /* offsets in the top page */
#define PAYLOAD_TCB 3072 /* its own address, as the x86-64 ABI wants at fs:0 */
#define PAYLOAD_TCB_ROBUST (PAYLOAD_TCB + 64) /* struct robust_list_head, empty */
#define PAYLOAD_TCB_TID (PAYLOAD_TCB + 96) /* clear_child_tid */
#define PAYLOAD_TCB_RSEQ (PAYLOAD_TCB + 128) /* struct rseq, 32 bytes, aligned */

enum payload_state {
	PAYLOAD_NOT_RUN = 0, /* the report reads as zero until the task is done */
	PAYLOAD_OK = 1,
	PAYLOAD_WRONG = 2,
};

/* What was checked, with the meaning of payload_report.where. */
enum payload_check {
	PAYLOAD_CHECK_NONE,
	PAYLOAD_CHECK_BLOCK, /* the check block itself; its address */
	PAYLOAD_CHECK_GPR, /* position in struct rbi_registers, r15 = 0 */
	PAYLOAD_CHECK_RSP,
	PAYLOAD_CHECK_RFLAGS,
	PAYLOAD_CHECK_X87, /* 0-7: st(n), 8 its exponent + n, 16 FCW, 17 FSW, 18 FTW */
	PAYLOAD_CHECK_MXCSR,
	PAYLOAD_CHECK_XMM, /* 64-bit half: 2 * register + half */
	PAYLOAD_CHECK_YMM, /* the same for the upper 128 bits */
	PAYLOAD_CHECK_FS_BASE,
	PAYLOAD_CHECK_GS_BASE,
	PAYLOAD_CHECK_STACK, /* address */
	PAYLOAD_CHECK_TID,
	PAYLOAD_CHECK_PID,
	PAYLOAD_CHECK_PPID,
	PAYLOAD_CHECK_PGID,
	PAYLOAD_CHECK_SID,
	PAYLOAD_CHECK_NAME, /* position of the 8 bytes */
	PAYLOAD_CHECK_MASK,
	PAYLOAD_CHECK_PENDING, /* 0: the set; else position in the queue + 1 */
	PAYLOAD_CHECK_ALTSTACK, /* 0 sp, 1 size, 2 flags */
	PAYLOAD_CHECK_ACTION, /* signal */
	PAYLOAD_CHECK_HANDLER, /* signal */
	PAYLOAD_CHECK_ROBUST_LIST, /* 0 head, 1 length */
	PAYLOAD_CHECK_CLEAR_TID,
	PAYLOAD_CHECK_ITIMER, /* which */
	PAYLOAD_CHECK_BRK,
	PAYLOAD_CHECK_MEMORY, /* address */
	PAYLOAD_CHECK_FD_OPEN, /* fd, as in the following */
	PAYLOAD_CHECK_FD_FLAGS,
	PAYLOAD_CHECK_FD_STATUS,
	PAYLOAD_CHECK_FD_TYPE,
	PAYLOAD_CHECK_FD_OFFSET,
	PAYLOAD_CHECK_FD_CONTENTS,
	PAYLOAD_CHECK_FD_LISTEN,
	PAYLOAD_CHECK_PIPE_CAPACITY,
	PAYLOAD_CHECK_PIPE_SIZE,
	PAYLOAD_CHECK_PIPE_CONTENTS,
	PAYLOAD_CHECK_CWD, /* position of the byte */
	PAYLOAD_CHECK_UMASK,
	PAYLOAD_CHECK_COUNT
};

struct payload_report {
	__u32 state; /* enum payload_state; written last, release order */
	__u32 check; /* which check failed: enum payload_check */
	__u64 where; /* register number, address, fd or signal, by check */
	__u64 expected;
	__u64 found;
	__u64 reserved[4];
};

RBI_ASSERT_SIZE(payload_report, 64);

#endif
