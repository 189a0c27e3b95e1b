/* SPDX-License-Identifier: MIT */
/* Runs all checks in a fixed order, reports, and sleeps. */
#include "workloads/payload/checks.h"
#include "workloads/payload/syscalls.h"

/*
 * Registers first, before anything disturbs them; what consumes (queued
 * signals, bytes in pipes) and what takes long (memory) last.
 */
static bool check_all(struct checker *c, const struct payload_frame *frame,
		      const struct payload_xstate *area)
{
	return same(c, PAYLOAD_CHECK_BLOCK, (__u64)c->block, sizeof *c->block, c->block->size) &&
	       check_registers(c, frame) && check_xstate(c, area) && check_stack(c) &&
	       check_bases(c) && check_identity(c) && check_thread_areas(c) && check_brk(c) &&
	       check_itimers(c) && check_mask(c) && check_altstack(c) && check_actions(c) &&
	       check_handler(c) && check_fs(c) && check_fds(c) && check_memory(c) &&
	       check_pending(c) && check_pipes(c);
}

/* Called by entry.S. Without a sound block there is nowhere to report to. */
__attribute__((noreturn)) void payload_main(const struct payload_frame *frame,
					     const struct payload_xstate *area,
					     const struct payload_check_block *block)
{
	struct checker c = { .block = block };
	bool ok = check_all(&c, frame, area);
	struct payload_report *report = (struct payload_report *)block->report;

	report->check = c.report.check;
	report->where = c.report.where;
	report->expected = c.report.expected;
	report->found = c.report.found;
	__atomic_store_n(&report->state, ok ? PAYLOAD_OK : PAYLOAD_WRONG, __ATOMIC_RELEASE);
	for (;;)
		call0(__NR_pause);
}
