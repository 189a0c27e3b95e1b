// SPDX-License-Identifier: GPL-2.0
/* General registers and XSAVE areas: what rt_sigreturn(2) takes unchanged. */
#include <linux/sched.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/fpu/api.h>
#include <asm/fpu/xstate.h>
#include <asm/processor.h>

#include "check.h"
#include "registers.h"

#define REGISTERS_WRONG(member) \
	restart_wrong(fault, RBI_SEC_REGISTERS, i, offsetof(struct rbi_registers, member))
#define REGISTERS_BEYOND(member) \
	restart_beyond(fault, RBI_SEC_REGISTERS, i, offsetof(struct rbi_registers, member))

/*
 * User states that XCR0 knows: x87, SSE, AVX, MPX (2), AVX-512 (3), PKRU, AMX
 * (2), APX; bit 8 and 10 to 16 are supervisor states.
 */
#define XFEATURES (0xffull | 1ull << 9 | 1ull << 17 | 1ull << 18 | 1ull << 19)

/* Bytes that the states in @xstate_bv need in the standard format. */
static u32 standard_size(u64 xstate_bv)
{
	u32 size = RBI_XSAVE_MIN;
	u32 state;

	for (state = 2; state < 63; state++) {
		u32 eax, ebx, ecx, edx;

		if (!(xstate_bv >> state & 1))
			continue;
		cpuid_count(0xd, state, &eax, &ebx, &ecx, &edx);
		size = max(size, ebx + eax); /* offset, size */
	}
	return size;
}

struct machine {
	u64 xfeatures; /* what a task may use without asking for it */
	u64 sized; /* the last set that standard_size() was asked for; CPUID is slow in a guest */
	u32 size;
};

static int check_area(struct machine *machine, const struct rbi_registers *registers,
		      const struct xregs_state *area, u32 i, struct restart_fault *fault)
{
	const struct xstate_header *header = &area->header;

	if (area->i387.mxcsr & ~0xffffu || header->xfeatures & ~registers->xfeatures ||
	    header->xcomp_bv || memchr_inv(header->reserved, 0, sizeof(header->reserved)))
		return REGISTERS_WRONG(xstate);
	if (registers->xfeatures & ~machine->xfeatures)
		return REGISTERS_BEYOND(xfeatures);
	if (header->xfeatures != machine->sized) {
		machine->sized = header->xfeatures;
		machine->size = standard_size(header->xfeatures);
	}
	return registers->xstate_size < machine->size ? REGISTERS_WRONG(xstate_size) : 0;
}

static int check_one(const struct restart_image *image, struct machine *machine, u32 i,
		     struct restart_fault *fault)
{
	const struct rbi_registers *registers = &image->registers[i];
	u64 room = image->count[RBI_SEC_XSTATES];

	if (!restart_user_address(registers->rip))
		return REGISTERS_WRONG(rip);
	if (registers->rflags & ~RESTART_RFLAGS)
		return REGISTERS_WRONG(rflags);
	if (registers->rsp > RESTART_USER_END)
		return REGISTERS_WRONG(rsp);
	if (registers->fs_base >= RESTART_USER_END)
		return REGISTERS_WRONG(fs_base);
	if (registers->gs_base >= RESTART_USER_END)
		return REGISTERS_WRONG(gs_base);
	if ((registers->xfeatures & RBI_XFEATURES_LEGACY) != RBI_XFEATURES_LEGACY ||
	    registers->xfeatures & ~XFEATURES)
		return REGISTERS_WRONG(xfeatures);
	if (registers->reserved)
		return REGISTERS_WRONG(reserved);
	if (registers->xstate_size < RBI_XSAVE_MIN || registers->xstate_size % 8)
		return REGISTERS_WRONG(xstate_size);
	if (registers->xstate % RBI_SECTION_ALIGN || registers->xstate > room ||
	    registers->xstate_size > room - registers->xstate)
		return REGISTERS_WRONG(xstate);
	return check_area(machine, registers, (const void *)image->xstates + registers->xstate, i,
			  fault);
}

int restart_check_registers(const struct restart_image *image, struct restart_fault *fault)
{
	struct machine machine = { .xfeatures = RBI_XFEATURES_LEGACY };
	int err = 0;
	u32 i;

	if (cpu_feature_enabled(X86_FEATURE_XSAVE))
		machine.xfeatures = current->thread.fpu.fpstate->user_xfeatures;
	for (i = 0; !err && i < image->count[RBI_SEC_REGISTERS]; i++)
		err = check_one(image, &machine, i, fault);
	return err;
}
