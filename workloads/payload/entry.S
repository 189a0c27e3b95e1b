/* SPDX-License-Identifier: MIT */
/*
 * The first bytes of the payload: magic, then fixed entry points (payload.h).
 */
#define RED_ZONE 128
#define FRAME (16 * 8)
#define XSTATE_SIZE 832
#define XSTATE_HEADER 512

	.section .head, "ax", @progbits
	.globl payload_start
payload_start:
	.quad 0x44414f4c59415042	/* PAYLOAD_MAGIC */
	jmp entry
	.balign 8, 0xcc
	jmp handler_entry
	.balign 8, 0xcc
	jmp restorer
	.balign 8, 0xcc

	.text
/*
 * Nothing may change before it is saved: lea leaves the flags alone, and steps
 * over the red zone, which is checked too. The check block's address is at the
 * original rsp.
 */
entry:
	lea -RED_ZONE(%rsp), %rsp
	pushfq
	push %rdi
	push %rsi
	push %rdx
	push %rcx
	push %rax
	push %r8
	push %r9
	push %r10
	push %r11
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	cld
	mov %rsp, %r12
	sub $(XSTATE_SIZE + 64), %rsp
	and $-64, %rsp
	/* XSAVE leaves the rest of its header as it finds it. */
	lea XSTATE_HEADER(%rsp), %rdi
	mov $8, %ecx
	xor %eax, %eax
	rep stosq
	mov $7, %eax
	xor %edx, %edx
	xsave64 (%rsp)
	mov %r12, %rdi
	mov %rsp, %rsi
	mov (FRAME + RED_ZONE)(%r12), %rdx
	xor %ebp, %ebp
	call payload_main
	ud2

/* rdi = signal, rsi = siginfo, rdx = ucontext; the stack is aligned to 16, + 8. */
handler_entry:
	mov %rsp, %rdx
	jmp payload_handler

restorer:
	mov $15, %eax		/* __NR_rt_sigreturn */
	syscall
	ud2

	.section .note.GNU-stack, "", @progbits
