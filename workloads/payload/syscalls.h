/* SPDX-License-Identifier: MIT */
/* C in the kernel's style: */
/* clang-format off */
/* System calls without a C library: raw results, -errno on failure. */
#ifndef RESTARTBENCH_PAYLOAD_SYSCALLS_H
#define RESTARTBENCH_PAYLOAD_SYSCALLS_H

#include <asm/unistd.h>
#include <linux/types.h>

static inline long call4(long number, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
}

static inline long call5(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}

static inline long call0(long number) { return call4(number, 0, 0, 0, 0); }
static inline long call1(long number, long a) { return call4(number, a, 0, 0, 0); }
static inline long call2(long number, long a, long b) { return call4(number, a, b, 0, 0); }
static inline long call3(long number, long a, long b, long c)
{
	return call4(number, a, b, c, 0);
}

#endif
