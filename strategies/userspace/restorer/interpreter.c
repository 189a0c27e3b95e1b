/* SPDX-License-Identifier: MIT */
/* Runs the ops of one task. */
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/time_types.h>

#include "strategies/userspace/restorer/restorer.h"

/* Whether an op's result must be the descriptor number in op->x. */
static int yields_fd(__u16 kind)
{
	switch (kind) {
	case RST_OPEN:
	case RST_DUP:
	case RST_DUP3:
	case RST_PIPE:
	case RST_SOCKET:
	case RST_SOCKETPAIR:
	case RST_EVENT:
	case RST_EPOLL:
	case RST_INOTIFY:
	case RST_FIFO:
	case RST_REOPEN:
	case RST_MEMFD:
	case RST_PIDFD:
	case RST_FETCH:
	case RST_DEVICE_LOAD:
		return 1;
	default:
		return 0;
	}
}

static long do_wait(struct run *run, const struct rst_op *op)
{
	__u32 *event = (__u32 *)run->control->events + op->x;
	__u32 seen;

	/* The time spent asleep is nobody's work. */
	account(run, run->stage);
	while ((seen = __atomic_load_n(event, __ATOMIC_ACQUIRE)) < op->a)
		futex_wait(event, seen, run->control);
	run->since = cycles();
	return 0;
}

static long do_post(struct run *run, const struct rst_op *op)
{
	__u32 *event = (__u32 *)run->control->events + op->x;

	__atomic_add_fetch(event, 1, __ATOMIC_RELEASE);
	futex_wake_all(event);
	return 0;
}

static long do_reap(struct run *run, const struct rst_op *op)
{
	static const struct __kernel_timespec at_once = { 0, 0 };
	static const struct __kernel_timespec a_moment = { 0, 10000000 };
	const __u64 sigchld = 1ull << (17 - 1);
	__u32 pid = slot_at(run->control, op->x)->pid;
	long ret;

	account(run, run->stage);
	/* It never ends if its part of the restart failed: do not wait for its end only. */
	while (!(ret = sys4(SYS_wait4, pid, 0, WALL | WNOHANG, 0))) {
		if (__atomic_load_n(&run->control->failure.set, __ATOMIC_ACQUIRE))
			stand_by(run->control);
		end_if_abandoned(run->control);
		sys4(SYS_rt_sigtimedwait, (long)&sigchld, 0, (long)&a_moment, sizeof(sigchld));
	}
	run->since = cycles();
	if (is_error(ret))
		return ret;
	/* As it is blocked, its death's signal is pending, which no image says. */
	sys4(SYS_rt_sigtimedwait, (long)&sigchld, 0, (long)&at_once, sizeof(sigchld));
	return 0;
}

static long step(struct run *run, const struct rst_op *op)
{
	switch (op->kind) {
	case RST_LEAD:
		return lead(run);
	case RST_CREATE:
	case RST_CREATE_LEAF:
		return do_create(run, op);
	case RST_SHED:
		return do_shed(run->control);
	case RST_UNSHARE:
		return sys1(SYS_unshare, op->a);
	case RST_EXEC:
		return do_exec(run, op);
	case RST_SETSID:
		return sys0(SYS_setsid);
	case RST_SUBREAPER:
		return sys2(SYS_prctl, PR_SET_CHILD_SUBREAPER, op->a);
	case RST_EXIT:
		sys1(SYS_exit, 0);
		return 0;
	case RST_REAP:
		return do_reap(run, op);
	case RST_WAIT:
		return do_wait(run, op);
	case RST_POST:
		return do_post(run, op);
	case RST_SETPGID:
		return sys2(SYS_setpgid, 0, op->a);
	case RST_NAME:
		return sys2(SYS_prctl, PR_SET_NAME, op->a);
	case RST_CLOSE_RANGE:
		return sys3(SYS_close_range, op->a, op->b, op->c);
	case RST_OPEN:
		return do_open(op);
	case RST_DUP:
		return sys3(SYS_fcntl, op->a, op->b ? F_DUPFD_CLOEXEC : F_DUPFD, op->c);
	case RST_DUP3:
		return sys3(SYS_dup3, op->a, op->x, op->b);
	case RST_SETFD:
		return sys3(SYS_fcntl, op->x, F_SETFD, op->b);
	case RST_PIPE:
		return do_pipe(op);
	case RST_SOCKET:
		return do_socket(op);
	case RST_SOCKETPAIR:
		return do_socketpair(op);
	case RST_SEND:
		return do_send(op);
	case RST_SOCKET_STATE:
		return do_socket_state(op);
	case RST_EVENT:
		return do_event(op);
	case RST_EPOLL:
		return do_epoll_create(op);
	case RST_EPOLL_ADD:
		return do_epoll_add(op);
	case RST_INOTIFY:
		return sys1(SYS_inotify_init1, op->b);
	case RST_WATCH:
		return do_watch(op);
	case RST_FIFO:
		return do_fifo(op);
	case RST_REOPEN:
		return do_reopen(op);
	case RST_FLOCK:
		return sys2(SYS_flock, op->x, op->b);
	case RST_LOCK:
		return do_lock(op);
	case RST_OWNER:
		return do_owner(op);
	case RST_MEMFD:
		return do_memfd(run, op);
	case RST_PIDFD:
		return sys2(SYS_pidfd_open, run->control->coordinator_pid, 0);
	case RST_FETCH:
		return do_fetch(op);
	case RST_CHDIR:
		return sys1(SYS_chdir, op->a);
	case RST_CHROOT:
		return sys1(SYS_chroot, op->a);
	case RST_UMASK:
		return sys1(SYS_umask, op->a);
	case RST_MMAP:
	case RST_MMAP_PATH:
	case RST_MMAP_FETCH:
		return do_mmap(run, op);
	case RST_FILL:
		return do_fill(op);
	case RST_MPROTECT:
		return sys3(SYS_mprotect, op->a, op->b, op->y);
	case RST_MUNMAP:
		return sys2(SYS_munmap, op->a, op->b);
	case RST_VDSO:
		return sys2(SYS_arch_prctl, 0x2003 /* ARCH_MAP_VDSO_64 */, op->a);
	case RST_MADVISE:
		return sys3(SYS_madvise, op->a, op->b, op->c);
	case RST_MLOCK:
		return do_mlock(op);
	case RST_MLOCKALL:
		return sys1(SYS_mlockall, op->a);
	case RST_NO_HUGE_PAGES:
		return sys5(SYS_prctl, PR_SET_THP_DISABLE, 1, 0, 0, 0);
	case RST_SET_MM:
		return do_set_mm(op);
	case RST_ACTIONS:
		return do_actions(op);
	case RST_QUEUE:
		return do_queue(run, op);
	case RST_ITIMERS:
		return do_itimers(op);
	case RST_ZOMBIE:
		return do_zombie(op);
	case RST_LIMITS:
		return do_limits(op);
	case RST_TIMERS:
		return do_timers(run, op);
	case RST_OOM_SCORE:
		return do_oom_score(op);
	case RST_CREDENTIALS:
		return do_credentials(op);
	case RST_DUMPABLE:
		return sys2(SYS_prctl, PR_SET_DUMPABLE, op->a);
	case RST_DEVICE_LOAD:
		return do_device_load(run, op);
	case RST_DEVICE_GIVE:
		return do_device_give(run, op);
	case RST_DEVICE_RUN:
		return do_device_run(run);
	case RST_DEVICE_SIGHAND:
		return do_device_attach(run, RESTART_ATTACH_SIGHAND);
	case RST_DEVICE_ATTACH:
		return do_device_attach(run, RESTART_ATTACH);
	case RST_FINISH:
		return finish(run);
	case RST_PARK:
		account(run, run->stage);
		arrive(run);
		sleep_forever();
	case RST_SERVE:
		account(run, run->stage);
		serve(run);
	default:
		return do_seldom(run, op);
	}
}

_Noreturn void task_main(struct rst_control *control, __u32 index)
{
	struct rst_packet *packet = packet_at(control, index);
	struct run run = {
		.control = control,
		.packet = packet,
		.op = (const struct rst_op *)packet->ops,
		.index = index,
		.since = cycles(),
	};

	/* Its creator may be killed before it can note what it created. */
	__atomic_store_n(&packet->alive, 1, __ATOMIC_RELEASE);
	/* The last op never returns. */
	for (;; run.op++) {
		const struct rst_op *op = run.op;
		long ret;

		if (op->stage != run.stage) {
			account(&run, run.stage);
			run.stage = op->stage;
		}
		ret = step(&run, op);
		if (is_error(ret))
			give_up(&run, ret, 0);
		if (yields_fd(op->kind) && (__u32)ret != op->x)
			give_up(&run, 0, (__u64)ret);
	}
}
