/* SPDX-License-Identifier: MIT */
/* The end of a restart: thread state, signal frame, barrier, first instruction. */
#include <asm/prctl.h>
#include <linux/prctl.h>

#include "strategies/userspace/restorer/restorer.h"

#define UC_FP_XSTATE 1
#define UC_SIGCONTEXT_SS 2
#define UC_STRICT_RESTORE_SS 4
#define FP_XSTATE_MAGIC1 0x46505853u
#define FP_XSTATE_MAGIC2 0x46505845u
#define XSAVE_SOFTWARE_BYTES 464 /* sw_reserved of struct _fpstate_64 */
#define USER_CS 0x33
#define USER_SS 0x2b
#define SS_DISABLE 2

struct kernel_stack {
	__u64 sp;
	__u32 flags;
	__u32 padding;
	__u64 size;
};

/* struct sigcontext_64, arch/x86/include/uapi/asm/sigcontext.h */
struct machine_context {
	__u64 r8, r9, r10, r11, r12, r13, r14, r15, di, si, bp, bx, dx, ax, cx, sp, ip, flags;
	__u16 cs, gs, fs, ss;
	__u64 err, trapno, oldmask, cr2, fpstate, reserved[8];
};

/* struct rt_sigframe, arch/x86/include/asm/sigframe.h, without its siginfo */
struct signal_frame {
	__u64 return_address;
	__u64 uc_flags;
	__u64 uc_link;
	struct kernel_stack stack;
	struct machine_context context;
	__u64 mask;
};

struct fpx_software_bytes {
	__u32 magic1;
	__u32 extended_size;
	__u64 xfeatures;
	__u32 xstate_size;
	__u32 padding[7];
};

/* Adds the time since the last call to a stage. */
void account(struct run *run, __u16 stage)
{
	__u64 now = cycles();

	run->slot->cycles[stage] += now - run->since;
	run->since = now;
}

/* The last task to arrive wakes the caller. */
void arrive(struct run *run)
{
	struct rst_control *control = run->control;

	if (__atomic_add_fetch(&control->arrived, 1, __ATOMIC_ACQ_REL) == control->expected) {
		control->ready_cycles = cycles();
		__atomic_store_n(&control->ready, 1, __ATOMIC_RELEASE);
		futex_wake_all(&control->ready);
	}
}

static struct signal_frame *build_frame(struct run *run)
{
	const struct rbi_task *task = (const struct rbi_task *)run->slot->task;
	const struct rbi_registers *r = (const struct rbi_registers *)run->slot->registers;
	__u64 bottom = run->control->stacks + run->index * run->control->stack_size;
	/* The stack grows down from the other end; the XSAVE area comes first. */
	__u8 *xstate = (__u8 *)bottom;
	struct signal_frame *frame =
		(struct signal_frame *)((bottom + r->xstate_size + 4 + 15) & ~15ull);
	struct fpx_software_bytes software = {
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = r->xstate_size + 4,
		.xfeatures = r->xfeatures,
		.xstate_size = r->xstate_size,
	};
	__u32 magic2 = FP_XSTATE_MAGIC2;

	__builtin_memcpy(xstate, (const void *)run->slot->xstate, r->xstate_size);
	__builtin_memcpy(xstate + XSAVE_SOFTWARE_BYTES, &software, sizeof(software));
	__builtin_memcpy(xstate + r->xstate_size, &magic2, sizeof(magic2));

	*frame = (struct signal_frame){
		.uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS,
		.stack = { .sp = task->altstack_sp,
			   .flags = task->altstack_size ? task->altstack_flags : SS_DISABLE,
			   .size = task->altstack_size },
		.context = { .r8 = r->r8, .r9 = r->r9, .r10 = r->r10, .r11 = r->r11,
			     .r12 = r->r12, .r13 = r->r13, .r14 = r->r14, .r15 = r->r15,
			     .di = r->rdi, .si = r->rsi, .bp = r->rbp, .bx = r->rbx,
			     .dx = r->rdx, .ax = r->rax, .cx = r->rcx, .sp = r->rsp,
			     .ip = r->rip, .flags = r->rflags, .cs = USER_CS, .ss = USER_SS,
			     .fpstate = (__u64)xstate },
		.mask = task->blocked,
	};
	return frame;
}

static long set_thread_state(struct run *run)
{
	const struct rbi_task *task = (const struct rbi_task *)run->slot->task;
	const struct rbi_registers *r = (const struct rbi_registers *)run->slot->registers;
	long ret = 0;

	if (run->slot->flags & RST_SLOT_NAME)
		ret = sys2(SYS_prctl, PR_SET_NAME, task->name);
	if (!ret && run->slot->flags & RST_SLOT_SET_TLS) {
		ret = sys2(SYS_arch_prctl, ARCH_SET_FS, r->fs_base);
		sys1(SYS_set_tid_address, task->clear_child_tid);
	}
	if (!ret && r->gs_base)
		ret = sys2(SYS_arch_prctl, ARCH_SET_GS, r->gs_base);
	if (!ret && task->robust_list_len)
		ret = sys2(SYS_set_robust_list, task->robust_list, task->robust_list_len);
	if (!ret && task->rseq)
		ret = sys4(SYS_rseq, task->rseq, task->rseq_len, 0, task->rseq_sig);
	/* By hand, as rt_sigreturn ignores a refusal where rsp is on that stack. */
	if (!ret && task->altstack_size) {
		struct kernel_stack stack = { .sp = task->altstack_sp,
					      .flags = task->altstack_flags,
					      .size = task->altstack_size };

		ret = sys2(SYS_sigaltstack, &stack, 0);
	}
	return ret;
}

long finish(struct run *run)
{
	struct rst_control *control = run->control;
	struct signal_frame *frame;
	long ret = set_thread_state(run);

	if (is_error(ret))
		return ret;
	frame = build_frame(run);
	account(run, run->stage);
	arrive(run);
	while (!__atomic_load_n(&control->go, __ATOMIC_ACQUIRE))
		futex_wait(&control->go, 0, control);
	__atomic_add_fetch(&control->left, 1, __ATOMIC_RELEASE);
	/* rt_sigreturn finds its frame 8 bytes below the stack pointer. */
	asm volatile("mov %0, %%rsp\n\t"
		     "mov $15, %%eax\n\t"
		     "syscall\n\t"
		     "ud2"
		     :
		     : "r"((__u64)&frame->uc_flags)
		     : "memory");
	__builtin_unreachable();
}
