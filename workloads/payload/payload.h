/* SPDX-License-Identifier: MIT */
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

#define PAYLOAD_CODE 0x10000000ull /* begins with PAYLOAD_MAGIC, then the entry */
#define PAYLOAD_CHECKS 0x20000000ull
#define PAYLOAD_REPORTS 0x30000000ull /* report of image task i: + i * 64 */
#define PAYLOAD_STACKS 0x40000000ull
#define PAYLOAD_MAGIC 0x44414f4c59415042ull /* "BPAYLOAD" */

enum payload_state {
	PAYLOAD_NOT_RUN = 0, /* the report reads as zero until the task is done */
	PAYLOAD_OK = 1,
	PAYLOAD_WRONG = 2,
};

struct payload_report {
	__u32 state; /* enum payload_state; written last, release order */
	__u32 check; /* which check failed: enum payload_check */
	__u64 where; /* register number, address, fd or signal, by check */
	__u64 expected;
	__u64 found;
	__u64 reserved[4];
};

#endif
