/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Files that a synthetic image needs, and the pattern that fills what is synthetic. Part of image/format.h. */
#ifndef RESTARTBENCH_IMAGE_FORMAT_FIXTURES_H
#define RESTARTBENCH_IMAGE_FORMAT_FIXTURES_H

#include "image/format/header.h"

enum rbi_fixture_kind { RBI_FIXTURE_FILE, RBI_FIXTURE_DIRECTORY, RBI_FIXTURE_KIND_COUNT };

/*
 * A file that must exist for a synthetic image to be restarted, and how to
 * make it: little-endian 64-bit word i of a file is rbi_word(seed, i). Images
 * of real programs have none: their files are theirs.
 */
struct rbi_fixture {
	__u32 kind; /* enum rbi_fixture_kind */
	__u32 path; /* string, absolute; parents come first */
	__u32 mode; /* permission bits, 0..0777 */
	__u32 reserved; /* 0 */
	__u64 size; /* bytes, multiple of 8, FILE only */
	__u64 seed;
};

/*
 * Word i of the pattern that synthetic memory, files, pipes and registers are
 * filled with: SplitMix64 of seed + i (Steele, Lea, Flood, OOPSLA 2014).
 */
static inline __u64 rbi_word(__u64 seed, __u64 i)
{
	__u64 z = seed + (i + 1) * 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

RBI_ASSERT_SIZE(rbi_fixture, 32);

#endif
