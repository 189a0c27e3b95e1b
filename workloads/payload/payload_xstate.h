/* SPDX-License-Identifier: MIT */
/* C in the kernel's style: */
/* clang-format off */
/*
 * The x87, SSE and AVX state of a synthetic task, as a function of a seed: an
 * XSAVE area in the standard format (Intel SDM volume 1, 13.4).
 */
#ifndef RESTARTBENCH_PAYLOAD_XSTATE_H
#define RESTARTBENCH_PAYLOAD_XSTATE_H

#include "image/format.h"

#define PAYLOAD_XFEATURES 7ull /* x87, SSE, AVX */
#define PAYLOAD_XSTATE_SIZE 832

struct payload_xstate {
	__u16 fcw, fsw, ftw, fop; /* ftw is abridged: bit n = register n in use */
	__u64 fip, fdp; /* AMD loads and stores them only with an exception */
	__u32 mxcsr, mxcsr_mask;
	__u64 st[8][2]; /* 10 bytes each */
	__u64 xmm[16][2];
	__u64 unused[12];
	__u64 xstate_bv, xcomp_bv, header[6];
	__u64 ymm_high[16][2];
};

RBI_ASSERT_SIZE(payload_xstate, PAYLOAD_XSTATE_SIZE);

/* All exceptions masked, double precision, rounding by the seed. */
static inline __u16 payload_fcw(__u64 seed)
{
	return (__u16)(0x027f | (rbi_word(seed, 80) & 3) << 10);
}

/* Condition codes and stack top by the seed; no exception is pending. */
static inline __u16 payload_fsw(__u64 seed)
{
	return (__u16)(rbi_word(seed, 81) & 0x7f00);
}

/* All exceptions masked, sticky flags, rounding and flush-to-zero by the seed. */
static inline __u32 payload_mxcsr(__u64 seed)
{
	return 0x1f80 | (__u32)(rbi_word(seed, 82) & 0xe03f);
}

static inline __u64 payload_xmm(__u64 seed, __u32 half) { return rbi_word(seed, half); }
static inline __u64 payload_ymm_high(__u64 seed, __u32 half) { return rbi_word(seed, 32 + half); }
static inline __u64 payload_st_mantissa(__u64 seed, __u32 n) { return rbi_word(seed, 64 + n); }
static inline __u16 payload_st_exponent(__u64 seed, __u32 n)
{
	return (__u16)rbi_word(seed, 72 + n);
}

#endif
