/* SPDX-License-Identifier: MIT */
/*
 * The scaffold: memory that the caller, its helpers and every task of a tree
 * under restart map at one and the same address, and the program in it that
 * each task runs. Written by the compiler (compile.h), run by the restorer.
 *
 *   base: struct rst_control | slots | ops | events | (page) code | stacks | image
 *
 * Ops that do not fit into a task's packet are among `ops`.
 */
#ifndef RESTARTBENCH_RESTORER_PROGRAM_H
#define RESTARTBENCH_RESTORER_PROGRAM_H

#include <linux/types.h>

#include "strategies/kernel/module/restart_uapi.h"
#include "strategies/userspace/restorer/op.h"

enum rst_slot_flags {
	RST_SLOT_THREAD = 1u, /* not a thread-group leader */
	RST_SLOT_MM_OWNER = 2u, /* unmaps the scaffold for its mm at release */
	RST_SLOT_THROWAWAY = 4u,
};

/*
 * What others need of a task: of the image, then throw-aways, then the
 * coordinator (last). What it needs itself is in its packet.
 */
struct rst_slot {
	__u32 pid; /* wanted; 0 = any. Afterwards the real one. */
	__u32 flags; /* enum rst_slot_flags */
	__u32 created; /* set by its creator once the task exists */
	__u32 reserved;
	__u64 tls; /* fs base to clone it with, or 0 */
	__u64 clear_child_tid; /* to clone it with, or 0 */
};

enum rst_command {
	RST_COMMAND_NONE,
	RST_COMMAND_START, /* to the zygote: make a coordinator */
	RST_COMMAND_DESTROY, /* to the zygote: end the coordinator and the tree */
	RST_COMMAND_QUIT, /* to the zygote */
	RST_COMMAND_RELEASE, /* to the coordinator */
	RST_COMMAND_DETACH, /* to the zygote: end both, and let the tree go on */
};

/* A futex word at which one side waits for the other. */
struct rst_channel {
	__u32 command; /* enum rst_command; the other side sets it back to NONE */
	__u32 sequence; /* futex: bumped with every command */
	__u32 done; /* futex: set to sequence when it is carried out */
	__s32 result; /* 0, a pid or -errno */
};

/* The first failure of a restart; later ones are not recorded. */
struct rst_failure {
	__u32 set; /* 0 → 1 by compare-and-swap: the winner fills in the rest */
	__u32 slot;
	__u32 reserved;
	__u64 op; /* address of the struct rst_op */
	__s32 error; /* errno; 0 = a wrong descriptor number resulted */
	__u32 complete; /* futex: 1 when filled in */
	__u64 value; /* what resulted instead, or the stop point of a release */
};

/*
 * The zygote's robust futex: the kernel marks the word when the zygote dies, before it
 * looks for children that want a signal then.
 */
struct rst_life {
	__u64 first; /* struct robust_list_head: address of `next` */
	__s64 word_offset; /* from `next` */
	__u64 pending;
	__u64 next; /* of the only entry: address of `first` */
	__u32 word; /* pid of the zygote, or FUTEX_OWNER_DIED */
};

struct rst_control {
	__u64 base; /* where the scaffold is mapped, everywhere */
	__u64 size; /* of all of it */
	__u64 control_size; /* the part backed by the control memfd */
	__u64 code; /* address of the restorer's code */
	__u64 code_size;
	__u64 stacks; /* address; slot i owns [i, i + 1) * stack_size */
	__u64 stack_size; /* pages; with the packet and the largest XSAVE area */
	__u64 packet; /* offset of the packet from the bottom of a stack */
	__u64 zygote_stack; /* its top */
	__u64 image; /* address of the image file */
	__u64 image_size;
	__u64 slots; /* address of struct rst_slot[] */
	__u64 ops; /* address of struct rst_op[] */
	__u64 events; /* address of __u32[]: futexes, counting up */
	__u32 slot_count; /* with the coordinator */
	__u32 op_count;
	__u32 event_count;
	__u32 own_namespace; /* CLONE_NEWPID for the coordinator */
	__u32 expected; /* how many arrive at the barrier */
	__u32 elf_fd, control_fd, image_fd; /* the coordinator's, for RST_EXEC */
	__u32 coordinator_pid; /* as the tasks see it */
	__u32 caller_pid, zygote_pid; /* their death ends everything */
	/* what the coordinator is born with, of no use to the tree: RST_SHED */
	__u32 creator_fds, creator_first_fd; /* open files, consecutive numbers */
	__u64 creator_memory; /* bytes, touched */
	__u64 creator_address; /* where */
	__s32 creator_result; /* of making that: 0 or -errno */

	/* written while it runs; each hot word on a line of its own */
	__u32 arrived __attribute__((aligned(64)));
	__u32 ready __attribute__((aligned(64))); /* futex: all have arrived */
	__u32 go __attribute__((aligned(64))); /* futex: leave the barrier */
	__u32 left __attribute__((aligned(64))); /* tasks on their last call */
	__u32 root_ended __attribute__((aligned(64))); /* futex: the tree's first process */
	__s32 root_status; /* its wait status */
	__u64 ready_cycles;
	struct rst_channel zygote __attribute__((aligned(64)));
	struct rst_channel coordinator __attribute__((aligned(64)));
	struct rst_failure failure __attribute__((aligned(64)));
	struct rst_life zygote_life;

	/* strategies that use /dev/restart */
	__u32 device_fd; /* the coordinator's; 0 = none, until RST_DEVICE_LOAD */
	__u64 device_ready_ns; /* from the last task's arrival until RUN returned */
	struct restart_status device; /* after RUN, or after a failure */
};

#endif
