/* SPDX-License-Identifier: MIT */
/* 300 useless instructions for each task, in the stage of registers: the sensitivity
 * test says what part of a cell that is. */
#include "strategies/userspace/restorer/restorer.h"

#define TURNS 150

long __real_finish(struct run *run);
long __wrap_finish(struct run *run);

long __wrap_finish(struct run *run)
{
	unsigned int turns = TURNS;

	asm volatile("1: dec %0\n\tjnz 1b" : "+r"(turns) : : "cc");
	return __real_finish(run);
}
