// SPDX-License-Identifier: GPL-2.0
/* What a task runs in user mode on its errand: it needs neither stack nor memory of its own. */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/stddef.h>
#include <linux/stringify.h>
#include <asm/unistd.h>

#include "errand.h"

#define CALL 0
#define ARGUMENTS 8
#define ID 48
#define WANTED 52
#define TIMES 120
#define SIZE 152

static_assert(offsetof(struct restart_request, call) == CALL);
static_assert(offsetof(struct restart_request, arguments) == ARGUMENTS);
static_assert(offsetof(struct restart_request, id) == ID);
static_assert(offsetof(struct restart_request, wanted) == WANTED);
static_assert(offsetof(struct restart_request, times) == TIMES);
static_assert(sizeof(struct restart_request) == SIZE);

/* clang-format off */
#define OF(field) __stringify(field) "(%rbx)"
#define NUMBER(call) "$" __stringify(call)

asm(".pushsection .rodata\n"
	".globl restart_errand_code, restart_errand_code_end\n"
	"restart_errand_code:\n"
	"1:	cmp	%r12, %rbx\n"
	"	je	5f\n"
	"2:	mov	" OF(ARGUMENTS) ", %rdi\n"
	"	mov	" OF(ARGUMENTS + 8) ", %rsi\n"
	"	mov	" OF(ARGUMENTS + 16) ", %rdx\n"
	"	mov	" OF(ARGUMENTS + 24) ", %r10\n"
	"	mov	" OF(ARGUMENTS + 32) ", %r8\n"
	"	mov	" OF(CALL) ", %rax\n"
	"	syscall\n"
	"	test	%rax, %rax\n"
	"	js	8f\n"
	"	cmpl	" NUMBER(__NR_timer_create) ", " OF(CALL) "\n"
	"	jne	4f\n"
	/* Ids ascend: those before the wanted one are taken and given up. */
	"	mov	" OF(ID) ", %edi\n"
	"	cmp	" OF(WANTED) ", %edi\n"
	"	je	3f\n"
	"	jg	7f\n"
	"	mov	" NUMBER(__NR_timer_delete) ", %eax\n"
	"	syscall\n"
	"	jmp	2b\n"
	"3:	xor	%esi, %esi\n"
	"	lea	" OF(TIMES) ", %rdx\n"
	"	xor	%r10d, %r10d\n"
	"	mov	" NUMBER(__NR_timer_settime) ", %eax\n"
	"	syscall\n"
	"	test	%rax, %rax\n"
	"	js	6f\n"
	"4:	add	" NUMBER(SIZE) ", %rbx\n"
	"	jmp	1b\n"
	"5:	xor	%eax, %eax\n"
	/* The door: rax is the answer. */
	"6:	mov	(%r13), %rcx\n"
	"	jmp	6b\n"
	"7:	mov	$-16, %rax\n" /* EBUSY */
	"	jmp	6b\n"
	/* An error: of a call that may fail, or the end of the errand. */
	"8:	cmpl	" NUMBER(__NR_mlock2) ", " OF(CALL) "\n"
	"	jne	6b\n"
	"	cmp	" NUMBER(-ENOMEM) ", %rax\n"
	"	je	4b\n"
	"	jmp	6b\n"
	"restart_errand_code_end:\n"
	".popsection\n");
/* clang-format on */
