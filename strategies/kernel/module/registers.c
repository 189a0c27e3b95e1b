// SPDX-License-Identifier: GPL-2.0
/*
 * Registers of current, as rt_sigreturn(2) would set them, without its frame in
 * user memory: general ones in pt_regs with sanitised segments and flags, the
 * extended state through the function that checks it for KVM's guests.
 */
#include <linux/ptrace.h>
#include <linux/sched/task_stack.h>
#include <linux/string.h>
#include <asm/fpu/api.h>
#include <asm/pkru.h>
#include <asm/prctl.h>
#include <asm/segment.h>

#include "registers.h"
#include "restart.h"
#include "symbols.h"

/* All but rax: leaving the kernel stores a return value there. */
void restart_general_registers(const struct rbi_registers *from)
{
	struct pt_regs *to = current_pt_regs();

	to->r15 = from->r15;
	to->r14 = from->r14;
	to->r13 = from->r13;
	to->r12 = from->r12;
	to->bp = from->rbp;
	to->bx = from->rbx;
	to->r11 = from->r11;
	to->r10 = from->r10;
	to->r9 = from->r9;
	to->r8 = from->r8;
	to->cx = from->rcx;
	to->dx = from->rdx;
	to->si = from->rsi;
	to->di = from->rdi;
	to->orig_ax = -1; /* no system call to restart */
	to->ip = from->rip;
	to->cs = __USER_CS;
	to->flags = (from->rflags & RESTART_SIGRETURN_FLAGS) | X86_EFLAGS_FIXED | X86_EFLAGS_IF;
	to->sp = from->rsp;
	to->ss = __USER_DS;
}

static int set_bases(const struct rbi_registers *from)
{
	int err = HIDDEN(do_arch_prctl_64)(current, ARCH_SET_FS, from->fs_base);

	return err ?: HIDDEN(do_arch_prctl_64)(current, ARCH_SET_GS, from->gs_base);
}

static int set_extended(const struct rbi_registers *from, const void *area)
{
	struct fpu *fpu = &current->thread.fpu;
	struct fpu_guest state = { .fpstate = fpu->fpstate };
	u32 pkru = 0;
	int err;

	/* What is in memory counts from here on, and is loaded on the way to user mode. */
	fpregs_lock();
	set_thread_flag(TIF_NEED_FPU_LOAD);
	fpu->last_cpu = -1;
	fpregs_unlock();
	err = fpu_copy_uabi_to_guest_fpstate(&state, area, fpu->fpstate->user_xfeatures, &pkru);
	/* PKRU is switched eagerly. Without it in the area its initial value is 0. */
	if (!err && cpu_feature_enabled(X86_FEATURE_OSPKE))
		write_pkru(pkru);
	return err;
}

int restart_registers(struct restart_task *t)
{
	struct restart *r = t->restart;
	const struct rbi_registers *from = &r->image.registers[restart_record(t)->registers];
	int err = restart_step(r);

	if (!err)
		err = set_extended(from, r->image.xstates + from->xstate);
	if (!err)
		err = set_bases(from);
	if (!err)
		restart_general_registers(from);
	return err;
}

void restart_last_register(struct restart_task *t)
{
	const struct restart_image *image = &t->restart->image;

	current_pt_regs()->ax = image->registers[image->tasks[t->index].registers].rax;
}
