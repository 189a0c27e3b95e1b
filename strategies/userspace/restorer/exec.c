/* SPDX-License-Identifier: MIT */
/* A task gets a new mm by exec; the restorer is the program that it execs. */
#include <linux/fcntl.h>
#include <linux/sched.h>

#include "strategies/userspace/restorer/restorer.h"

#define PROT_RW 3
#define PROT_RX 5
#define MAP_SHARED_FIXED 0x100001 /* MAP_SHARED | MAP_FIXED_NOREPLACE */

/* What the new program must know to map the scaffold again; passed in hex. */
enum { ARG_BASE, ARG_CONTROL_FD, ARG_IMAGE_FD, ARG_SLOT, ARG_COUNT };
#define HEX_DIGITS 16

static void to_hex(char *text, __u64 value)
{
	int i;

	for (i = HEX_DIGITS - 1; i >= 0; i--, value >>= 4)
		text[i] = (char)((value & 15) < 10 ? '0' + (value & 15) : 'a' + (value & 15) - 10);
}

static __u64 from_hex(const char *text)
{
	__u64 value = 0;
	int i;

	for (i = 0; i < HEX_DIGITS; i++)
		value = value << 4 | (__u64)(text[i] <= '9' ? text[i] - '0' : text[i] - 'a' + 10);
	return value;
}

static long fetch_across_exec(long pidfd, __u32 from)
{
	long fd = sys3(SYS_pidfd_getfd, pidfd, from, 0);
	long ret;

	if (is_error(fd))
		return fd;
	ret = sys3(SYS_fcntl, fd, F_SETFD, 0);
	return is_error(ret) ? ret : fd;
}

long do_exec(struct run *run, const struct rst_op *op)
{
	struct rst_control *control = run->control;
	char text[ARG_COUNT * HEX_DIGITS + 1];
	char name[] = "restorer";
	char *argv[] = { name, text, 0 };
	char *envp[] = { 0 };
	long pidfd, elf, fds[2];
	long ret;

	/* exec would unshare the table anyway; do it before it fills up. */
	ret = sys1(SYS_unshare, CLONE_FILES);
	if (is_error(ret))
		return ret;
	pidfd = sys2(SYS_pidfd_open, control->coordinator_pid, 0);
	if (is_error(pidfd))
		return pidfd;
	elf = sys3(SYS_pidfd_getfd, pidfd, control->elf_fd, 0);
	if (is_error(elf))
		return elf;
	fds[0] = fetch_across_exec(pidfd, control->control_fd);
	if (is_error(fds[0]))
		return fds[0];
	fds[1] = fetch_across_exec(pidfd, control->image_fd);
	if (is_error(fds[1]))
		return fds[1];

	to_hex(text + ARG_BASE * HEX_DIGITS, control->base);
	to_hex(text + ARG_CONTROL_FD * HEX_DIGITS, (__u64)fds[0]);
	to_hex(text + ARG_IMAGE_FD * HEX_DIGITS, (__u64)fds[1]);
	to_hex(text + ARG_SLOT * HEX_DIGITS, run->index);
	text[ARG_COUNT * HEX_DIGITS] = 0;
	account(run, run->stage);
	run->packet->ops = (__u64)(op + 1);
	return sys5(SYS_execveat, elf, "", argv, envp, AT_EMPTY_PATH);
}

static long map_part(__u64 address, __u64 end, int prot, int fd, __u64 offset)
{
	return sys6(SYS_mmap, address, end - address, (ulong_t)prot, MAP_SHARED_FIXED, (ulong_t)fd,
		    offset);
}

/* On a scaffold stack, with the scaffold mapped: leave the program's own mm. */
static __attribute__((used)) _Noreturn void resume(struct rst_control *control, __u32 index)
{
	sys3(SYS_close_range, 0, ~0u, 0);
	unmap_all_but_scaffold(control);
	task_main(control, index);
}

static __attribute__((used)) _Noreturn void exec_main(const __u64 *stack)
{
	const char *text = (const char *)stack[2]; /* argc, argv[0], argv[1] */
	__u64 base = from_hex(text + ARG_BASE * HEX_DIGITS);
	int control_fd = (int)from_hex(text + ARG_CONTROL_FD * HEX_DIGITS);
	int image_fd = (int)from_hex(text + ARG_IMAGE_FD * HEX_DIGITS);
	__u32 index = (__u32)from_hex(text + ARG_SLOT * HEX_DIGITS);
	struct rst_control *control = (struct rst_control *)base;
	struct rst_control layout;
	__u64 top;

	if (is_error(map_part(base, base + RBI_PAGE_SIZE, PROT_RW, control_fd, 0)))
		sys1(SYS_exit_group, 101);
	layout = *control;
	sys2(SYS_munmap, base, RBI_PAGE_SIZE);
	if (is_error(map_part(base, layout.code, PROT_RW, control_fd, 0)) ||
	    is_error(map_part(layout.code, layout.stacks, PROT_RX, control_fd,
			      layout.code - base)) ||
	    is_error(map_part(layout.stacks, base + layout.control_size, PROT_RW, control_fd,
			      layout.stacks - base)) ||
	    is_error(map_part(layout.image, layout.image + layout.image_size, 1, image_fd, 0)))
		sys1(SYS_exit_group, 102);

	/* Go on in the scaffold's copy of this code, whose place in it is ours. */
	top = layout.stacks + (index + 1) * layout.stack_size;
	asm volatile("lea resume(%%rip), %%rax\n\t"
		     "lea restorer_code(%%rip), %%rcx\n\t"
		     "sub %%rcx, %%rax\n\t"
		     "add %[code], %%rax\n\t"
		     "mov %[top], %%rsp\n\t"
		     "xor %%ebp, %%ebp\n\t"
		     "call *%%rax\n\t"
		     "ud2"
		     :
		     : [code] "r"(layout.code), [top] "r"(top), "D"(control), "S"(index)
		     : "rax", "rcx", "memory");
	__builtin_unreachable();
}

/* clang-format off */
asm(".pushsection .text.start, \"ax\"\n"
    ".globl restorer_start\n"
    "restorer_start:\n"
    "	mov %rsp, %rdi\n"
    "	and $-16, %rsp\n"
    "	call exec_main\n"
    "	ud2\n"
    ".popsection\n");
/* clang-format on */
