/* SPDX-License-Identifier: MIT */
/* C in the kernel's style: */
/* clang-format off */
/*
 * The payload's checks. Each compares one kind of state with the check block
 * and returns false, the report filled in, at the first difference.
 */
#ifndef RESTARTBENCH_PAYLOAD_CHECKS_H
#define RESTARTBENCH_PAYLOAD_CHECKS_H

#include <stdbool.h>

#include "workloads/payload/check_block.h"
#include "workloads/payload/payload_xstate.h"

/* What entry.S pushed: the general registers in the order of rbi_registers. */
struct payload_frame {
	__u64 gpr[15];
	__u64 rflags;
};

struct checker {
	const struct payload_check_block *block;
	struct payload_report report; /* state stays 0 here */
};

/* Equal? If not, fills in the report. */
static inline bool same(struct checker *c, enum payload_check check, __u64 where, __u64 expected,
			__u64 found)
{
	if (expected == found)
		return true;
	c->report.check = check;
	c->report.where = where;
	c->report.expected = expected;
	c->report.found = found;
	return false;
}

bool check_registers(struct checker *c, const struct payload_frame *frame);
bool check_xstate(struct checker *c, const struct payload_xstate *area);
bool check_stack(struct checker *c);
bool check_bases(struct checker *c);
bool check_identity(struct checker *c);
bool check_thread_areas(struct checker *c);
bool check_brk(struct checker *c);
bool check_itimers(struct checker *c);
bool check_mask(struct checker *c);
bool check_altstack(struct checker *c);
bool check_actions(struct checker *c);
bool check_handler(struct checker *c);
bool check_pending(struct checker *c);
bool check_fs(struct checker *c);
bool check_fds(struct checker *c);
bool check_pipes(struct checker *c);
bool check_memory(struct checker *c);

#endif
