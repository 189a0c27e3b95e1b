/* SPDX-License-Identifier: MIT */
/* What the caller calls, by offset from the start of the code. */
	.section .text.table, "ax"
	.globl restorer_table
restorer_table:
	jmp zygote_main		/* offset 0 */
	.section .note.GNU-stack, "", @progbits
