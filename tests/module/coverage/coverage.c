// SPDX-License-Identifier: GPL-2.0
/*
 * Which basic blocks of restart.ko have run, in any task, for tests. KCOV tells a task only
 * about itself, once it has asked in user mode: tasks that the module makes never could.
 *
 * The compiler calls __sanitizer_cov_trace_pc() at the beginning of each block; as the module
 * defines it, it is not the kernel's. A block's number is its place in a hash table, so
 * that it stays the same until the module is unloaded.
 */
#include <linux/hash.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#define SLOT_BITS 13
#define SLOTS (1u << SLOT_BITS) /* a power of two; some times as many as blocks */

static u32 blocks[SLOTS]; /* the low half of an address; 0: none yet */
static u8 hit[SLOTS];

void __sanitizer_cov_trace_pc(void);

void notrace __sanitizer_cov_trace_pc(void)
{
	u32 block = (u32)(unsigned long)__builtin_return_address(0);
	u32 slot = hash_32(block, SLOT_BITS);
	u32 tries;

	for (tries = 0; tries < SLOTS; tries++, slot = (slot + 1) % SLOTS) {
		u32 found = READ_ONCE(blocks[slot]);

		if (!found)
			found = cmpxchg(&blocks[slot], 0, block) ?: block;
		if (found == block) {
			WRITE_ONCE(hit[slot], 1);
			return;
		}
	}
}

/* A bit for each block, the lowest of a byte first; nothing else, also no end of line. */
static int read_hits(char *buffer, const struct kernel_param *parameter)
{
	u32 i;

	memset(buffer, 0, SLOTS / 8);
	for (i = 0; i < SLOTS; i++)
		if (READ_ONCE(hit[i]))
			buffer[i / 8] |= 1 << i % 8;
	return SLOTS / 8;
}

static int forget_hits(const char *value, const struct kernel_param *parameter)
{
	memset(hit, 0, sizeof(hit));
	return 0;
}

static const struct kernel_param_ops coverage_ops = {
	.set = forget_hits,
	.get = read_hits,
};
module_param_cb(coverage, &coverage_ops, NULL, 0600);
MODULE_PARM_DESC(coverage, "Blocks that have run; anything that is written forgets them");
