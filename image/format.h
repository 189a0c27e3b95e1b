/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The image of a checkpointed process tree: the one format that every restart
 * strategy reads, in user space and in the kernel.
 *
 * Little-endian, fixed-width records, no pointers. Cross references are 32-bit
 * indices into sections; RBI_NONE means "no object". A file is laid out as
 *
 *   header | sections, 64-byte aligned, in the order of enum rbi_section | pages
 *
 * where "pages" starts and ends on a page boundary and holds the memory
 * contents that page runs point at, so that it can be mapped, and read into
 * fresh pages without a copy in between.
 *
 * Any change to a record bumps RBI_VERSION, in header.h. Prose: docs/image-format.md.
 */
#ifndef RESTARTBENCH_IMAGE_FORMAT_H
#define RESTARTBENCH_IMAGE_FORMAT_H

#include "image/format/credentials.h"
#include "image/format/events.h"
#include "image/format/files.h"
#include "image/format/fixtures.h"
#include "image/format/header.h"
#include "image/format/memory.h"
#include "image/format/ptys.h"
#include "image/format/registers.h"
#include "image/format/signals.h"
#include "image/format/sockets.h"
#include "image/format/tasks.h"

#endif
