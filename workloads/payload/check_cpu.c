/* SPDX-License-Identifier: MIT */
/* CPU state: general registers, extended state, segment bases, stack. */
#include <asm/prctl.h>

#include "workloads/payload/checks.h"
#include "workloads/payload/syscalls.h"

#define CF_PF_AF_ZF_SF_DF_OF 0xcd5ull

bool check_registers(struct checker *c, const struct payload_frame *frame)
{
	const struct payload_check_block *block = c->block;
	__u64 rsp = (__u64)(frame + 1) + PAYLOAD_RED_ZONE;

	for (__u32 i = 0; i < 15; i++)
		if (!same(c, PAYLOAD_CHECK_GPR, i, rbi_word(block->registers, i), frame->gpr[i]))
			return false;
	return same(c, PAYLOAD_CHECK_RSP, 0, block->rsp, rsp) &&
	       same(c, PAYLOAD_CHECK_RFLAGS, 0, block->rflags & CF_PF_AF_ZF_SF_DF_OF,
		    frame->rflags & CF_PF_AF_ZF_SF_DF_OF);
}

bool check_xstate(struct checker *c, const struct payload_xstate *area)
{
	__u64 seed = c->block->xstate;

	if (!same(c, PAYLOAD_CHECK_X87, 16, payload_fcw(seed), area->fcw) ||
	    !same(c, PAYLOAD_CHECK_X87, 17, payload_fsw(seed), area->fsw) ||
	    !same(c, PAYLOAD_CHECK_X87, 18, 0xff, area->ftw) ||
	    !same(c, PAYLOAD_CHECK_MXCSR, 0, payload_mxcsr(seed), area->mxcsr))
		return false;
	for (__u32 i = 0; i < 8; i++)
		if (!same(c, PAYLOAD_CHECK_X87, i, payload_st_mantissa(seed, i), area->st[i][0]) ||
		    !same(c, PAYLOAD_CHECK_X87, 8 + i, payload_st_exponent(seed, i),
			  area->st[i][1] & 0xffff))
			return false;
	for (__u32 i = 0; i < 32; i++)
		if (!same(c, PAYLOAD_CHECK_XMM, i, payload_xmm(seed, i),
			  area->xmm[i / 2][i % 2]) ||
		    !same(c, PAYLOAD_CHECK_YMM, i, payload_ymm_high(seed, i),
			  area->ymm_high[i / 2][i % 2]))
			return false;
	return true;
}

/* The red zone below rsp, and all above it up to the control block. */
bool check_stack(struct checker *c)
{
	const struct payload_check_block *block = c->block;
	const __u64 *page = (const __u64 *)(block->rsp - PAYLOAD_RSP);

	for (__u32 i = (PAYLOAD_RSP - PAYLOAD_RED_ZONE) / 8; i < PAYLOAD_TCB / 8; i++)
		if (i != PAYLOAD_RSP / 8 && !same(c, PAYLOAD_CHECK_STACK, (__u64)&page[i],
						  rbi_word(block->stack, i), page[i]))
			return false;
	return true;
}

static __u64 base_of(int code)
{
	__u64 base = ~0ull;

	call2(__NR_arch_prctl, code, (long)&base);
	return base;
}

bool check_bases(struct checker *c)
{
	return same(c, PAYLOAD_CHECK_FS_BASE, 0, c->block->fs_base, base_of(ARCH_GET_FS)) &&
	       same(c, PAYLOAD_CHECK_GS_BASE, 0, c->block->gs_base, base_of(ARCH_GET_GS));
}
