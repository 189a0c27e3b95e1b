/* SPDX-License-Identifier: MIT */
/*
 * The restart device, restart_uapi.h. The coordinator opens it, tells it the
 * image, gives it the open files and waits for the tree; the tasks of an
 * optimistic restart, who share its descriptors, attach themselves.
 */
#include <linux/fcntl.h>
#include <linux/time.h>
#include <linux/time_types.h>

#include "strategies/userspace/restorer/restorer.h"

#define NS_PER_S 1000000000ull

/* The device accounts for its own time; what is spent asleep is nobody's work. */
static long device(const struct rst_control *control, __u64 request, const void *argument)
{
	return sys3(SYS_ioctl, control->device_fd, request, argument);
}

static void ask_status(struct rst_control *control)
{
	control->device = (struct restart_status){ .size = sizeof(control->device) };
	device(control, RESTART_STATUS, &control->device);
}

long do_device_load(struct run *run, const struct rst_op *op)
{
	struct rst_control *control = run->control;
	char path[] = RESTART_DEVICE;
	struct restart_load load = {
		.size = sizeof(load),
		.version = RESTART_API_VERSION,
		.flags = op->y,
		.image_fd = (__s32)control->image_fd,
	};
	long fd = sys4(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
	long ret;

	if (is_error(fd))
		return fd;
	control->device_fd = (__u32)fd;
	account(run, run->stage);
	ret = device(control, RESTART_LOAD, &load);
	run->since = cycles();
	return is_error(ret) ? ret : fd;
}

long do_device_give(struct run *run, const struct rst_op *op)
{
	const struct restart_files files = {
		.kind = op->x,
		.first = op->y,
		.count = op->z,
		.fds = (__u64)(op + 1),
	};
	long ret;

	account(run, run->stage);
	ret = device(run->control, RESTART_GIVE_FILES, &files);
	run->since = cycles();
	if (is_error(ret))
		return ret;
	run->op += (__u32)((op->z + RST_FDS_PER_OP - 1) / RST_FDS_PER_OP);
	return 0;
}

static __u64 monotonic_ns(void)
{
	struct __kernel_timespec now;

	sys2(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return (__u64)now.tv_sec * NS_PER_S + (__u64)now.tv_nsec;
}

long do_device_run(struct run *run)
{
	struct rst_control *control = run->control;
	__u32 owners;
	long ret;

	control->device = (struct restart_status){ .size = sizeof(control->device) };
	account(run, run->stage);
	ret = device(control, RESTART_RUN, &control->device);
	run->since = cycles();
	if (is_error(ret))
		return ret;
	control->device_ready_ns = monotonic_ns() - control->device.ready_ns;
	for (owners = run->op->x; owners; owners--) {
		run->op++; /* the one that a failure is told of */
		ret = do_owner(run->op);
		if (is_error(ret))
			return ret;
	}
	/* On behalf of all of them. */
	__atomic_store_n(&control->arrived, control->expected - 1, __ATOMIC_RELEASE);
	arrive(run);
	return 0;
}

/* The number of the slot is that of the image's task. */
long do_device_attach(struct run *run, __u64 request)
{
	long ret;

	account(run, run->stage);
	ret = device(run->control, request, (const void *)(ulong_t)run->index);
	run->since = cycles();
	return ret;
}

/*
 * A step of the restart failed, in the kernel or here: takes the device's
 * account of it for the message, and ends the wait of a coordinator in RUN.
 */
void device_failed(struct rst_control *control)
{
	ask_status(control);
	device(control, RESTART_ABORT, 0);
}

/* The tasks have nothing of the restorer mapped: letting them run is all. */
long device_release(struct rst_control *control)
{
	long ret;

	/* What was given would keep pipes open that the tree itself closes. */
	sys3(SYS_close_range, 0, control->device_fd - 1, 0);
	sys3(SYS_close_range, control->device_fd + 1, ~0u, 0);
	ret = device(control, RESTART_RELEASE, 0);
	if (!is_error(ret))
		sys1(SYS_close, control->device_fd);
	return ret;
}

/*
 * Before a tree is killed by pid: nobody has noted what the kernel created. What
 * was not released dies with the coordinator's descriptor of the device.
 */
void device_note_created(const struct rst_control *control)
{
	int all_stand = __atomic_load_n(&control->ready, __ATOMIC_ACQUIRE) == 1;
	__u32 i;

	for (i = 0; all_stand && i + 1 < control->slot_count; i++)
		__atomic_store_n(&slot_at(control, i)->created, 1, __ATOMIC_RELEASE);
}
