/* SPDX-License-Identifier: MIT */
/* Memory contents: every word of every range. */
#include "workloads/payload/checks.h"

static bool check_range(struct checker *c, const struct payload_range *range)
{
	const __u64 *memory = (const __u64 *)range->address;

	for (__u64 i = 0; i < range->words; i++) {
		__u64 expected = range->zero ? 0 : rbi_word(range->seed, range->first + i);

		if (__builtin_expect(memory[i] != expected, 0))
			return same(c, PAYLOAD_CHECK_MEMORY, (__u64)&memory[i], expected,
				    memory[i]);
	}
	return true;
}

bool check_memory(struct checker *c)
{
	const struct payload_range *range = (const struct payload_range *)c->block->ranges.address;

	for (__u64 i = 0; i < c->block->ranges.count; i++)
		if (!check_range(c, &range[i]))
			return false;
	return true;
}
