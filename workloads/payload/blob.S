/* SPDX-License-Identifier: MIT */
/* The payload's bytes, as data of the program that builds images. */
	.section .rodata
	.globl rb_payload_begin, rb_payload_end
	.balign 4096
rb_payload_begin:
	.incbin PAYLOAD_BIN
rb_payload_end:
	.section .note.GNU-stack, "", @progbits
