/* SPDX-License-Identifier: MIT */
/* Ops on what a process has besides objects that it shares: limits, timers, locks. */
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <linux/time_types.h>

#include "strategies/userspace/restorer/restorer.h"

#define NS_PER_S 1000000000ull
#ifndef PR_TIMER_CREATE_RESTORE_IDS
#define PR_TIMER_CREATE_RESTORE_IDS 77
#endif
#define LAST_CAPABILITY 63
#define EINVAL 22
#define WAIT_ENDED 0x41000004 /* __WALL | WNOWAIT | WEXITED */

long do_limits(const struct rst_op *op)
{
	const struct rbi_limit *limits = (const struct rbi_limit *)op->a;
	__u32 i;

	for (i = 0; i < op->y; i++) {
		const __u64 values[2] = { limits[i].soft, limits[i].hard };
		long ret = sys4(SYS_prlimit64, 0, limits[i].resource, values, 0);

		if (is_error(ret))
			return ret;
	}
	return 0;
}

/* struct sigevent of the kernel, without its padding to 64 bytes */
struct event {
	__u64 value;
	__s32 signal;
	__s32 notify;
	__s32 thread;
	__s32 padding[11];
};

/*
 * The kernel counts up from the last id that it gave: those in between are taken and given
 * up, unless it takes the one that is wanted from where it stores it.
 */
static long make_timer(const struct rst_control *control, const struct rbi_timer *timer)
{
	struct event event = {
		.value = timer->sigval,
		.signal = (__s32)timer->signal,
		.notify = (__s32)timer->notify,
	};
	struct {
		__u64 interval[2], value[2];
	} times = {
		{ timer->interval / NS_PER_S, timer->interval % NS_PER_S },
		{ timer->value / NS_PER_S, timer->value % NS_PER_S },
	};
	__s32 id = timer->id;

	if (timer->task != RBI_NONE)
		event.thread = (__s32)slot_at(control, timer->task)->pid;
	for (;;) {
		long ret = sys3(SYS_timer_create, timer->clock, &event, &id);

		if (is_error(ret))
			return ret;
		if (id >= timer->id)
			break;
		sys1(SYS_timer_delete, id);
	}
	if (id != timer->id)
		return -EINVAL;
	return sys4(SYS_timer_settime, id, 0, &times, 0);
}

long do_timers(const struct run *run, const struct rst_op *op)
{
	const struct rbi_timer *timers = (const struct rbi_timer *)op->a;
	long ret = 0;
	__u32 i;

	/* Kernels before 6.15 do not know it, and count. */
	sys5(SYS_prctl, PR_TIMER_CREATE_RESTORE_IDS, 1, 0, 0, 0);
	for (i = 0; i < op->y && !is_error(ret); i++)
		ret = make_timer(run->control, &timers[i]);
	sys5(SYS_prctl, PR_TIMER_CREATE_RESTORE_IDS, 0, 0, 0, 0);
	return ret;
}

/* struct flock; op->x: a descriptor of the file, a: struct rbi_lock */
long do_lock(const struct rst_op *op)
{
	const struct rbi_lock *lock = (const struct rbi_lock *)op->a;
	struct {
		__s16 type, whence;
		__u64 start, length;
		__s32 pid;
	} range = { (__s16)lock->type, 0, lock->start, lock->length, 0 };

	return sys3(SYS_fcntl, op->x, lock->files == RBI_NONE ? F_OFD_SETLK : F_SETLK, &range);
}

/* op->x: descriptor, a: pid or -pgid, y: signal, b: status flags with O_ASYNC */
long do_owner(const struct rst_op *op)
{
	long ret = 0;

	if (op->a)
		ret = sys3(SYS_fcntl, op->x, F_SETOWN, (__s64)op->a);
	if (!is_error(ret) && op->y)
		ret = sys3(SYS_fcntl, op->x, F_SETSIG, op->y);
	if (!is_error(ret) && op->b)
		ret = sys3(SYS_fcntl, op->x, F_SETFL, op->b);
	return ret;
}

long do_oom_score(const struct rst_op *op)
{
	const char path[] = "/proc/self/oom_score_adj";
	char text[8];
	__s64 value = (__s64)op->a;
	__u64 left = (__u64)(value < 0 ? -value : value);
	__u32 at = sizeof(text);
	long fd, ret;

	do {
		text[--at] = (char)('0' + left % 10);
		left /= 10;
	} while (left);
	if (value < 0)
		text[--at] = '-';
	fd = sys4(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
	if (is_error(fd))
		return fd;
	ret = sys3(SYS_write, fd, text + at, sizeof(text) - at);
	sys1(SYS_close, fd);
	return is_error(ret) ? ret : 0;
}

/* A child that ends at once: op->a: struct rbi_zombie */
long do_zombie(const struct rst_op *op)
{
	const struct rbi_zombie *zombie = (const struct rbi_zombie *)op->a;
	const __u64 told = zombie->exit_signal ? 1ull << (zombie->exit_signal - 1) : 0;
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_VFORK,
		.exit_signal = zombie->exit_signal,
		.set_tid = (__u64)&zombie->pid,
		.set_tid_size = 1,
	};
	static const struct __kernel_timespec at_once = { 0, 0 };
	long pid, ret;

	/*
	 * Like vfork(2): it borrows the stack, of which the parent needs nothing changed.
	 * So no function may return in between, whose return address would be lost.
	 */
	pid = sys6(SYS_clone3, (ulong_t)&args, sizeof(args), 0, 0, 0, 0);
	if (!pid) {
		if (zombie->sid == zombie->pid)
			sys0(SYS_setsid);
		else if (zombie->pgid == zombie->pid)
			sys2(SYS_setpgid, 0, 0);
		sys2(SYS_prctl, PR_SET_NAME, zombie->name);
		if (zombie->status & 0x7f) {
			const __u64 none[4] = {};
			const __u64 no_core[2] = {};
			const __u64 unblocked = 0;

			sys4(SYS_prlimit64, 0, 4 /* RLIMIT_CORE */, no_core, 0);
			sys4(SYS_rt_sigaction, zombie->status & 0x7f, none, 0, 8);
			sys2(SYS_kill, sys0(SYS_getpid), zombie->status & 0x7f);
			sys4(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, &unblocked, 0, 8);
		}
		sys1(SYS_exit_group, zombie->status >> 8);
	}
	if (is_error(pid))
		return pid;
	/* It lives on for a moment; a parent that ignores its end leaves no zombie: ECHILD. */
	ret = sys5(SYS_waitid, 1 /* P_PID */, pid, 0, WAIT_ENDED, 0);
	if (is_error(ret))
		return ret;
	/* As it is blocked, its death's signal is pending; the image says whether it should. */
	if (told)
		sys4(SYS_rt_sigtimedwait, (long)&told, 0, (long)&at_once, sizeof(told));
	return 0;
}

/* Drops from the bounding set what the image lacks. */
static long drop_bounding(__u64 bounding)
{
	__u32 capability;

	for (capability = 0; capability <= LAST_CAPABILITY; capability++) {
		long has = sys2(SYS_prctl, PR_CAPBSET_READ, capability);

		if (is_error(has))
			return 0; /* beyond the last one */
		if (has && !(bounding >> capability & 1)) {
			long ret = sys2(SYS_prctl, PR_CAPBSET_DROP, capability);

			if (is_error(ret))
				return ret;
		}
	}
	return 0;
}

static long raise_ambient(__u64 ambient)
{
	long ret = sys5(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	__u32 capability;

	for (capability = 0; capability <= LAST_CAPABILITY && !is_error(ret); capability++)
		if (ambient >> capability & 1)
			ret = sys5(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0,
				   0);
	return ret;
}

static long set_capabilities(const struct rbi_credentials *record)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ (__u32)record->effective, (__u32)record->permitted, (__u32)record->inheritable },
		{ (__u32)(record->effective >> 32), (__u32)(record->permitted >> 32),
		  (__u32)(record->inheritable >> 32) },
	};

	return sys2(SYS_capset, &header, data);
}

static long set_ids(const struct rbi_credentials *record, const __u32 *gids)
{
	long ret = sys2(SYS_setgroups, record->gid_count, gids);

	if (!is_error(ret))
		ret = sys3(SYS_setresgid, record->gid, record->egid, record->sgid);
	if (!is_error(ret))
		ret = sys3(SYS_setresuid, record->uid, record->euid, record->suid);
	if (is_error(ret))
		return ret;
	/* The calls above set them to the effective ones, and report no failure of theirs. */
	sys1(SYS_setfsgid, record->fsgid);
	sys1(SYS_setfsuid, record->fsuid);
	return 0;
}

/*
 * a: struct rbi_credentials, b: its groups. Capabilities survive the change of ids by
 * SECBIT_KEEP_CAPS and SECBIT_NO_SETUID_FIXUP, and are then set to what they should be:
 * always a subset of what the restorer has, as capset(2) sees to it.
 */
long do_credentials(const struct rst_op *op)
{
	const struct rbi_credentials *record = (const struct rbi_credentials *)op->a;
	long ret = sys1(SYS_personality, record->personality);

	if (!is_error(ret))
		ret = drop_bounding(record->bounding);
	if (!is_error(ret))
		ret = sys2(SYS_prctl, PR_SET_SECUREBITS,
			   SECBIT_KEEP_CAPS | SECBIT_NO_SETUID_FIXUP);
	if (!is_error(ret))
		ret = set_ids(record, (const __u32 *)op->b);
	/* It needs CAP_SETPCAP, which the next call may drop. */
	if (!is_error(ret))
		ret = sys2(SYS_prctl, PR_SET_SECUREBITS, record->securebits);
	if (!is_error(ret))
		ret = set_capabilities(record);
	if (!is_error(ret) && record->ambient)
		ret = raise_ambient(record->ambient);
	if (!is_error(ret) && record->flags & RBI_CREDENTIALS_NO_NEW_PRIVS)
		ret = sys5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return ret;
}
