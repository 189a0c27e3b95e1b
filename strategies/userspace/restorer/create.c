/* SPDX-License-Identifier: MIT */
/* Ops that make tasks. */
#include <linux/mman.h>
#include <linux/sched.h>

#include "strategies/userspace/restorer/restorer.h"

#define STACKS_AT_LEAST 8
#define STACKS_AT_ONCE 64 /* so that the first thread need not wait for all */

/* A leaf touches no memory but the control block: the least a task can do. */
static long clone_leaf(struct clone_args *args, struct rst_control *control)
{
	long ret;

	/* clang-format off */
	asm volatile(
		"syscall\n\t"
		"test %%rax, %%rax\n\t"
		"jnz 9f\n\t"
		"mov $1, %%eax\n\t"
		"lock xaddl %%eax, (%[arrived])\n\t"
		"inc %%eax\n\t"
		"cmp %%eax, %[expected]\n\t"
		"jne 1f\n\t"
		"movl $1, (%[ready])\n\t"
		"mov %[ready], %%rdi\n\t"
		"mov $1, %%esi\n\t" /* FUTEX_WAKE */
		"mov $1, %%edx\n\t"
		"mov $202, %%eax\n\t" /* SYS_futex */
		"syscall\n\t"
		"1: mov $34, %%eax\n\t" /* SYS_pause, until killed */
		"syscall\n\t"
		"jmp 1b\n\t"
		"9:"
		: "=a"(ret)
		: "a"((long)SYS_clone3), "D"(args), "S"(sizeof(*args)),
		  [arrived] "r"(&control->arrived), [ready] "r"(&control->ready),
		  [expected] "r"(control->expected)
		: "rcx", "r11", "rdx", "memory");
	/* clang-format on */
	return ret;
}

/* The child starts in task_main(control, index) on the stack in args. */
long clone_task(void *clone_args, struct rst_control *control, __u32 index)
{
	struct clone_args *args = clone_args;
	long ret;

	/* clang-format off */
	asm volatile(
		"mov %[main], %%r12\n\t"
		"mov %[control], %%r13\n\t"
		"mov %[index], %%r14d\n\t"
		"syscall\n\t"
		"test %%rax, %%rax\n\t"
		"jnz 9f\n\t"
		"xor %%ebp, %%ebp\n\t"
		"mov %%r13, %%rdi\n\t"
		"mov %%r14d, %%esi\n\t"
		"call *%%r12\n\t"
		"ud2\n\t"
		"9:"
		: "=a"(ret)
		: "a"((long)SYS_clone3), "D"(args), "S"(sizeof(*args)),
		  [main] "r"(&task_main), [control] "r"(control), [index] "r"(index)
		: "rcx", "r11", "rdx", "r8", "r9", "r10", "r12", "r13", "r14", "memory");
	/* clang-format on */
	return ret;
}

/*
 * Threads run on the creator's page tables: mapping the stacks of many in one
 * call is cheaper than a page fault each, taken while all of them compete.
 */
static void map_stacks(const struct rst_control *control, __u32 first, __u32 end)
{
	__u32 count = end - first < STACKS_AT_ONCE ? end - first : STACKS_AT_ONCE;

	/* Where the kernel (before 5.14) can't, they take their page faults. */
	sys3(SYS_madvise, control->stacks + first * control->stack_size,
	     count * control->stack_size, MADV_POPULATE_WRITE);
}

long do_create(struct run *run, const struct rst_op *op)
{
	struct rst_control *control = run->control;
	int populates = op->kind == RST_CREATE && op->a & CLONE_VM && op->y >= STACKS_AT_LEAST;
	__u32 i;

	for (i = op->x; i < op->x + op->y; i++) {
		struct rst_slot *slot = slot_at(control, i);
		__s32 pid = (__s32)slot->pid;
		struct clone_args args = {
			.flags = op->a,
			.exit_signal = op->b,
			.stack = control->stacks + i * control->stack_size,
			.stack_size = control->stack_size,
		};
		long ret;

		if (populates && (i - op->x) % STACKS_AT_ONCE == 0)
			map_stacks(control, i, op->x + op->y);
		if (pid) {
			args.set_tid = (__u64)&pid;
			args.set_tid_size = 1;
		}
		/* fs base and clear_child_tid come for free with the clone. */
		if (slot->tls) {
			args.flags |= CLONE_SETTLS;
			args.tls = slot->tls;
		}
		if (slot->clear_child_tid) {
			args.flags |= CLONE_CHILD_CLEARTID;
			args.child_tid = slot->clear_child_tid;
		}
		ret = op->kind == RST_CREATE_LEAF ? clone_leaf(&args, control) :
						    clone_task(&args, control, i);
		if (is_error(ret)) {
			run->index = i; /* blame the task that could not be made */
			return ret;
		}
		slot->pid = (__u32)ret;
		__atomic_store_n(&slot->created, 1, __ATOMIC_RELEASE);
	}
	return 0;
}
