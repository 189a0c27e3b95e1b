/* SPDX-License-Identifier: MIT */
/*
 * After the barrier: lets every task run and takes the scaffold out of every mm.
 *
 * A task can't unmap the code it runs on and still reach its first instruction,
 * so the coordinator does it for it: once each task of an mm is seen outside of
 * the scaffold, one of them is made to call munmap(2) at the scaffold's own
 * syscall instruction, and stopped at that call's exit before it returns there.
 */
#include <linux/ptrace.h>
#include <linux/time_types.h>

#include "strategies/userspace/restorer/restorer.h"

#define MAX_TRIES 50000 /* each with a little sleep: ten seconds or more */

/* struct user_regs_struct, arch/x86/include/asm/user_64.h */
struct user_registers {
	__u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax;
	__u64 ip, cs, flags, sp, ss, fs_base, gs_base, ds, es, fs, gs;
};

#define PTRACE_CONT 7
#define PTRACE_GETREGS 12
#define PTRACE_SETREGS 13
#define PTRACE_DETACH 17
#define PTRACE_SYSCALL 24
#define SYSCALL_STOP (5 | 0x80) /* SIGTRAP, as PTRACE_O_TRACESYSGOOD marks it */

/*
 * To give way by sched_yield(2) instead takes one more time slice of everybody
 * else's on a busy machine, each time.
 */
static void sleep_a_little(void)
{
	struct __kernel_timespec duration = { .tv_nsec = 200000 };

	sys2(SYS_nanosleep, &duration, 0);
}

static long trace(long request, __u32 pid, const void *data)
{
	return sys4(SYS_ptrace, request, pid, 0, data);
}

/* The wait status of the next stop, or -errno. */
static long wait_stop(__u32 pid)
{
	int status = 0;
	long ret = sys4(SYS_wait4, pid, &status, WALL, 0);

	if (is_error(ret))
		return ret;
	return (status & 0xff) == 0x7f ? status : -3; /* stopped, or ESRCH: it died */
}

/*
 * The task runs for real, so a signal may stop it before PTRACE_INTERRUPT does.
 * Such a signal goes on to the task: detaching now would swallow it.
 */
static long wait_interrupted(__u32 pid)
{
	long status = wait_stop(pid);

	while (!is_error(status) && status >> 16 != PTRACE_EVENT_STOP) {
		long ret = trace(PTRACE_CONT, pid, (const void *)(status >> 8 & 0xff));

		if (is_error(ret))
			return ret;
		status = wait_stop(pid);
	}
	return is_error(status) ? status : 0;
}

/* Stops a task that left the scaffold, and reads its registers. */
static long stop_outside(struct run *run, __u32 pid, struct user_registers *registers)
{
	const struct rst_control *control = run->control;
	unsigned int tries;

	for (tries = 0; tries < MAX_TRIES; tries++) {
		long ret = trace(PTRACE_SEIZE, pid, (void *)PTRACE_O_TRACESYSGOOD);

		if (!is_error(ret))
			ret = trace(PTRACE_INTERRUPT, pid, 0);
		if (!is_error(ret))
			ret = wait_interrupted(pid);
		if (!is_error(ret))
			ret = trace(PTRACE_GETREGS, pid, registers);
		if (is_error(ret))
			return ret;
		if (registers->ip < control->base || registers->ip >= control->base + control->size)
			return 0;
		trace(PTRACE_DETACH, pid, 0);
		sleep_a_little();
	}
	return -110; /* ETIMEDOUT */
}

/* The address of a syscall instruction in the scaffold: that of this function. */
__attribute__((noinline)) static __u64 syscall_instruction(void)
{
	__u64 address;

	asm volatile("lea 1f(%%rip), %0\n\t"
		     "jmp 2f\n\t"
		     "1: syscall\n\t"
		     "2:"
		     : "=r"(address));
	return address;
}

/*
 * Runs the task to its next system call's entry or exit. A SIGSTOP may stop it on
 * the way, which no mask keeps out: once as a signal, to be passed on, and once as
 * the stop itself, to be cut short; the task goes back to it when it is detached.
 */
static long next_syscall_stop(__u32 pid)
{
	long signal = 0;

	for (;;) {
		long status = trace(PTRACE_SYSCALL, pid, (const void *)signal);

		if (!is_error(status))
			status = wait_stop(pid);
		if (is_error(status))
			return status;
		if ((status >> 8 & 0xff) == SYSCALL_STOP)
			return 0;
		signal = status >> 16 == PTRACE_EVENT_STOP ? 0 : status >> 8 & 0xff;
	}
}

static long set_mask(__u32 pid, __u64 mask)
{
	return sys4(SYS_ptrace, PTRACE_SETSIGMASK, pid, sizeof(mask), &mask);
}

/*
 * The kernel would have restarted an interrupted call after the stop that the
 * registers were read at; at the exit of another call it no longer does.
 */
static void restart_interrupted(struct user_registers *registers)
{
	long interrupted = (long)registers->ax;

	if ((long)registers->orig_ax >= 0) {
		if (interrupted <= -512 && interrupted >= -514) {
			registers->ip -= 2;
			registers->ax = registers->orig_ax;
		} else if (interrupted == -516) { /* ERESTART_RESTARTBLOCK */
			/* A later capture can tell what poll(2) without a timeout was. */
			const int forever = registers->orig_ax == SYS_poll && (int)registers->dx < 0;

			registers->ip -= 2;
			registers->ax = forever ? SYS_poll : SYS_restart_syscall;
		}
	}
	registers->orig_ax = ~0ull;
}

static long unmap_scaffold(const struct rst_control *control, __u32 pid,
			   struct user_registers *registers)
{
	struct user_registers call = *registers;
	__u64 mask;
	long ret = sys4(SYS_ptrace, PTRACE_GETSIGMASK, pid, sizeof(mask), &mask);

	/* No handler may start on the registers of the call. */
	if (!is_error(ret))
		ret = set_mask(pid, ~0ull);
	if (is_error(ret))
		return ret;
	call.ip = syscall_instruction();
	call.orig_ax = ~0ull; /* nothing to restart */
	call.ax = SYS_munmap;
	call.di = control->base;
	call.si = control->size;
	ret = trace(PTRACE_SETREGS, pid, &call);
	if (!is_error(ret))
		ret = next_syscall_stop(pid); /* at the entry */
	if (!is_error(ret))
		ret = next_syscall_stop(pid); /* at the exit */
	if (!is_error(ret))
		ret = trace(PTRACE_GETREGS, pid, &call);
	if (is_error(ret))
		return ret;
	if (call.ax)
		return (long)call.ax; /* the refusal of munmap(2) */

	restart_interrupted(registers);
	ret = trace(PTRACE_SETREGS, pid, registers);
	return is_error(ret) ? ret : set_mask(pid, mask);
}

/* Waits until every task is on its last call in the scaffold. */
static long wait_left(struct rst_control *control)
{
	__u32 last = 0;
	unsigned int idle = 0;
	__u32 left;

	while ((left = __atomic_load_n(&control->left, __ATOMIC_ACQUIRE)) < control->expected) {
		idle = left == last ? idle + 1 : 0;
		last = left;
		if (idle == MAX_TRIES)
			return -110; /* ETIMEDOUT: somebody killed one */
		sleep_a_little();
	}
	return 0;
}

/*
 * A program may end as soon as it runs, before it could be stopped again, and its mm with
 * it: ESRCH, ECHILD of a wait, EPERM of an attachment to a zombie.
 */
static int has_ended(long ret)
{
	return ret == -3 || ret == -10 || ret == -1;
}

long release(struct run *run)
{
	struct rst_control *control = run->control;
	struct user_registers registers;
	long ret;
	__u32 i;
	int owners;

	if (control->device_fd)
		return device_release(control);
	/* The store would keep pipes open that the tree itself closes. */
	sys3(SYS_close_range, 0, ~0u, 0);
	__atomic_store_n(&control->go, 1, __ATOMIC_RELEASE);
	futex_wake_all(&control->go);
	ret = wait_left(control);
	if (is_error(ret))
		return ret;

	for (owners = 0; owners < 2; owners++) {
		for (i = 0; i + 1 < control->slot_count; i++) {
			struct rst_slot *slot = slot_at(control, i);

			if (slot->flags & RST_SLOT_THROWAWAY)
				continue;
			if (owners != !!(slot->flags & RST_SLOT_MM_OWNER))
				continue;
			ret = stop_outside(run, slot->pid, &registers);
			if (!is_error(ret) && owners)
				ret = unmap_scaffold(control, slot->pid, &registers);
			if (!is_error(ret))
				ret = trace(PTRACE_DETACH, slot->pid, 0);
			if (is_error(ret) && !has_ended(ret)) {
				run->index = i;
				return ret;
			}
		}
	}
	return 0;
}
