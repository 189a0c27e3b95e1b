/* SPDX-License-Identifier: MIT */
/*
 * The restorer: position-independent code without data that runs in every task
 * of a tree under restart, below nothing but the scaffold.
 */
#ifndef RESTARTBENCH_RESTORER_H
#define RESTARTBENCH_RESTORER_H

#include "image/format.h"
#include "strategies/userspace/restorer/packet.h"
#include "strategies/userspace/restorer/program.h"
#include "strategies/userspace/restorer/sys.h"

/* What one task knows while it runs its ops. */
struct run {
	struct rst_control *control;
	struct rst_packet *packet;
	const struct rst_op *op; /* the op at hand */
	__u32 index; /* of the slot */
	__u64 since; /* TSC when the current stage began */
	__u16 stage;
};

static inline struct rst_slot *slot_at(const struct rst_control *control, __u32 index)
{
	return (struct rst_slot *)control->slots + index;
}

static inline struct rst_packet *packet_at(const struct rst_control *control, __u32 index)
{
	return (struct rst_packet *)(control->stacks + index * control->stack_size +
				     control->packet);
}

#define WALL 0x40000000 /* wait4(2): __WALL */
#define WNOHANG 1
#define IDLE_MS 500 /* how often who waits for orders looks around */

#define FILL_CHUNK (1ul << 20) /* stays in the cache between populating and copying */

/* memory.c */
void *memcpy(void *to, const void *from, unsigned long size);
void fill(__u64 address, __u64 size, __u64 source);

/* futex.c: the words are shared between address spaces. */
void futex_wait(__u32 *word, __u32 value, struct rst_control *control);
void futex_wait_ms(__u32 *word, __u32 value, unsigned int milliseconds);
void futex_wake_all(__u32 *word);
void sleep_ms(unsigned int milliseconds);

/* failure.c: records the first failure, tells the caller, never returns. */
_Noreturn void give_up(struct run *run, long error, __u64 value);
_Noreturn void sleep_forever(void);

/* Each performs one op and returns 0, a value or -errno. */
long do_create(struct run *run, const struct rst_op *op);
long do_exec(struct run *run, const struct rst_op *op);
long do_open(const struct rst_op *op);
long do_pipe(const struct rst_op *op);
long do_fifo(const struct rst_op *op);
long do_reopen(const struct rst_op *op);
long do_seldom(const struct run *run, const struct rst_op *op);
long do_socket(const struct rst_op *op);
long do_socketpair(const struct rst_op *op);
long do_send(const struct rst_op *op);
long do_socket_state(const struct rst_op *op);
long do_event(const struct rst_op *op);
long do_epoll_create(const struct rst_op *op);
long do_epoll_add(const struct rst_op *op);
long do_watch(const struct rst_op *op);
long do_lock(const struct rst_op *op);
long do_owner(const struct rst_op *op);
long do_zombie(const struct rst_op *op);
long do_limits(const struct rst_op *op);
long do_timers(const struct run *run, const struct rst_op *op);
long do_oom_score(const struct rst_op *op);
long do_credentials(const struct rst_op *op);
long do_memfd(struct run *run, const struct rst_op *op);
long do_fetch(const struct rst_op *op);
long do_mmap(struct run *run, const struct rst_op *op);
long do_fill(const struct rst_op *op);
long do_mlock(const struct rst_op *op);
long do_set_mm(const struct rst_op *op);
long do_actions(const struct rst_op *op);
long do_queue(struct run *run, const struct rst_op *op);
long do_itimers(const struct rst_op *op);

/* device.c: the ops on /dev/restart, and what becomes of a restart with it. */
long do_device_load(struct run *run, const struct rst_op *op);
long do_device_give(struct run *run, const struct rst_op *op);
long do_device_run(struct run *run);
long do_device_attach(struct run *run, __u64 request);
void device_failed(struct rst_control *control);
long device_release(struct rst_control *control);
void device_note_created(const struct rst_control *control);

/* interpreter.c: runs a task's ops from packet->ops on. */
_Noreturn void task_main(struct rst_control *control, __u32 index);

/* finish.c: the last op; returns only on failure, with -errno. */
long finish(struct run *run);
void account(struct run *run, __u16 stage);
void arrive(struct run *run);

/* creator.c: what the restarting process has already when it begins. */
long make_creator(struct rst_control *control);
long do_shed(const struct rst_control *control);

/* coordinator.c, killing.c, release.c, zygote.c */
long lead(struct run *run);
_Noreturn void serve(struct run *run);
_Noreturn void stand_by(struct rst_control *control);
void end_if_abandoned(const struct rst_control *control);
void kill_tree(const struct rst_control *control);
long release(struct run *run);
_Noreturn void zygote_main(struct rst_control *control);
void unmap_all_but_scaffold(const struct rst_control *control);
long clone_task(void *clone_args, struct rst_control *control, __u32 index);

#endif
