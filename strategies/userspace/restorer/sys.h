/* SPDX-License-Identifier: MIT */
/* System calls without a C library: the result is -errno on failure. */
#ifndef RESTARTBENCH_RESTORER_SYS_H
#define RESTARTBENCH_RESTORER_SYS_H

#include <linux/types.h>
#include <sys/syscall.h>

#define MAX_ERRNO 4095

typedef unsigned long ulong_t;

static inline long sys6(long nr, ulong_t a, ulong_t b, ulong_t c, ulong_t d, ulong_t e, ulong_t f)
{
	long ret;
	register ulong_t r10 asm("r10") = d;
	register ulong_t r8 asm("r8") = e;
	register ulong_t r9 asm("r9") = f;

	asm volatile("syscall"
		     : "=a"(ret)
		     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return ret;
}

#ifdef RESTORER_COLD
/* Code that runs seldom is to be small: every page of it costs each new process. */
long sys_cold(ulong_t a, ulong_t b, ulong_t c, long nr);
#define sys_few(nr, a, b, c) sys_cold((ulong_t)(a), (ulong_t)(b), (ulong_t)(c), nr)
#else
#define sys_few(nr, a, b, c) sys6(nr, (ulong_t)(a), (ulong_t)(b), (ulong_t)(c), 0, 0, 0)
#endif

#define sys0(nr) sys_few(nr, 0, 0, 0)
#define sys1(nr, a) sys_few(nr, a, 0, 0)
#define sys2(nr, a, b) sys_few(nr, a, b, 0)
#define sys3(nr, a, b, c) sys_few(nr, a, b, c)
#define sys4(nr, a, b, c, d) \
	sys6(nr, (ulong_t)(a), (ulong_t)(b), (ulong_t)(c), (ulong_t)(d), 0, 0)
#define sys5(nr, a, b, c, d, e) \
	sys6(nr, (ulong_t)(a), (ulong_t)(b), (ulong_t)(c), (ulong_t)(d), (ulong_t)(e), 0)

static inline int is_error(long ret)
{
	return ret < 0 && ret >= -MAX_ERRNO;
}

static inline __u64 cycles(void)
{
	__u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return ((__u64)high << 32) | low;
}

#endif
