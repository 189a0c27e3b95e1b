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
 * Any change to a record bumps RBI_VERSION. Prose: docs/image-format.md.
 */
#ifndef RESTARTBENCH_IMAGE_FORMAT_H
#define RESTARTBENCH_IMAGE_FORMAT_H

#include <linux/types.h>

#define RBI_MAGIC "RSTBENCH" /* 8 bytes, no terminator */
#define RBI_VERSION 1
#define RBI_ARCH_X86_64 62 /* EM_X86_64, elf(5) */
#define RBI_NONE 0xffffffffu
#define RBI_PAGE_SIZE 4096
#define RBI_SECTION_ALIGN 64
#define RBI_NAME_LEN 16 /* TASK_COMM_LEN, include/linux/sched.h */
#define RBI_NR_SIGNALS 64

enum rbi_section {
	RBI_SEC_TASKS, /* struct rbi_task */
	RBI_SEC_GROUPS, /* struct rbi_group: signal_struct, one per thread group */
	RBI_SEC_MMS, /* struct rbi_mm */
	RBI_SEC_VMAS, /* struct rbi_vma */
	RBI_SEC_RUNS, /* struct rbi_run */
	RBI_SEC_BACKINGS, /* struct rbi_backing */
	RBI_SEC_AUXV, /* struct rbi_auxv */
	RBI_SEC_FILES, /* struct rbi_files: files_struct */
	RBI_SEC_FDS, /* struct rbi_fd */
	RBI_SEC_OFDS, /* struct rbi_ofd: open file description */
	RBI_SEC_PIPES, /* struct rbi_pipe */
	RBI_SEC_FS, /* struct rbi_fs: fs_struct */
	RBI_SEC_SIGHANDS, /* struct rbi_sighand: sighand_struct */
	RBI_SEC_ACTIONS, /* struct rbi_action */
	RBI_SEC_PENDING, /* struct rbi_siginfo */
	RBI_SEC_REGISTERS, /* struct rbi_registers */
	RBI_SEC_FIXTURES, /* struct rbi_fixture */
	RBI_SEC_XSTATES, /* bytes: XSAVE areas, each 64-byte aligned */
	RBI_SEC_BYTES, /* bytes: contents of pipes */
	RBI_SEC_STRINGS, /* bytes: NUL-terminated; a reference is an offset */
	RBI_SEC_COUNT
};

struct rbi_section_ref {
	__u64 offset; /* from the start of the file, RBI_SECTION_ALIGN-aligned */
	__u64 count; /* records; bytes for the three byte sections */
	__u32 record_size; /* sizeof the record, 1 for the byte sections */
	__u32 kind; /* enum rbi_section, equal to the position in the table */
};

struct rbi_header {
	char magic[8]; /* RBI_MAGIC */
	__u32 version; /* RBI_VERSION */
	__u32 arch; /* RBI_ARCH_X86_64 */
	__u32 header_size; /* sizeof(struct rbi_header) */
	__u32 section_count; /* RBI_SEC_COUNT */
	__u64 file_size; /* bytes */
	__u64 metadata_size; /* bytes from 0 to the end of the last section */
	__u64 checksum; /* XXH64, seed 0, of [0, metadata_size) with this field 0 */
	__u64 pages_offset; /* page-aligned, >= metadata_size */
	__u64 pages_size; /* multiple of RBI_PAGE_SIZE; ends at file_size */
	__u64 pages_checksum; /* XXH64, seed 0, of the pages */
	struct rbi_section_ref sections[RBI_SEC_COUNT];
};

/* One schedulable task (thread). A thread group's leader precedes its threads. */
struct rbi_task {
	__u32 pid; /* thread id in the tree's pid namespace, 2..2^22-1, unique */
	__u32 group; /* its thread group */
	__u32 mm;
	__u32 files;
	__u32 fs;
	__u32 sighand;
	__u32 registers;
	__u32 pending_first; /* its private pending queue */
	__u32 pending_count;
	__u32 robust_list_len; /* bytes; 0 = none registered, get_robust_list(2) */
	__u64 blocked; /* signal mask, bit n-1 = signal n; never KILL or STOP */
	__u64 robust_list; /* user address */
	__u64 clear_child_tid; /* user address or 0, set_tid_address(2) */
	__u64 rseq; /* user address or 0, rseq(2) */
	__u32 rseq_len;
	__u32 rseq_sig;
	__u64 altstack_sp; /* sigaltstack(2) */
	__u64 altstack_size; /* bytes; 0 = no alternate stack */
	__u32 altstack_flags; /* 0 or SS_AUTODISARM; SS_DISABLE iff size is 0 */
	__u32 reserved; /* 0 */
	char name[RBI_NAME_LEN]; /* comm, NUL-terminated and NUL-padded */
};

/* ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF of setitimer(2), microseconds. */
struct rbi_itimer {
	__u64 interval;
	__u64 value; /* 0 = disarmed */
};

/*
 * A thread group. Group 0 is the root of the tree. A parent precedes its
 * children. Session and process group are given by number, as the leader that
 * founded them may be a task of the image or gone; 0 = those of whoever
 * restarts the tree.
 */
struct rbi_group {
	__u32 leader; /* task */
	__u32 parent; /* group; RBI_NONE for the root only */
	__u32 pgid;
	__u32 sid;
	__u32 exit_signal; /* 0..64 */
	__u32 pending_first; /* the shared pending queue */
	__u32 pending_count;
	__u32 reserved; /* 0 */
	struct rbi_itimer itimers[3];
};

#define RBI_MM_LAYOUT 1u /* start_code … env_end are set: prctl(PR_SET_MM_MAP) */

struct rbi_mm {
	__u32 vma_first; /* ascending, not overlapping */
	__u32 vma_count;
	__u32 run_first; /* contents of private mappings, ascending */
	__u32 run_count;
	__u32 auxv_first;
	__u32 auxv_count;
	__u32 exe; /* string, or RBI_NONE to keep the restorer's */
	__u32 flags; /* RBI_MM_* */
	__u64 start_code;
	__u64 end_code;
	__u64 start_data;
	__u64 end_data;
	__u64 start_brk;
	__u64 brk;
	__u64 start_stack;
	__u64 arg_start;
	__u64 arg_end;
	__u64 env_start;
	__u64 env_end;
};

enum rbi_vma_kind {
	RBI_VMA_ANON, /* private anonymous */
	RBI_VMA_FILE, /* a file, private or shared */
	RBI_VMA_SHMEM, /* shared anonymous memory */
	RBI_VMA_VDSO, /* the vDSO with its data pages: arch_prctl(ARCH_MAP_VDSO_64) */
	RBI_VMA_KIND_COUNT
};

#define RBI_VMA_SHARED 1u /* MAP_SHARED, else MAP_PRIVATE */
#define RBI_VMA_GROWSDOWN 2u
#define RBI_VMA_NORESERVE 4u
#define RBI_VMA_STACK 8u
#define RBI_VMA_ALL_FLAGS 15u

struct rbi_vma {
	__u64 start; /* page-aligned */
	__u64 end; /* exclusive, page-aligned, at most 2^47 - 4096 */
	__u64 offset; /* into the backing, page-aligned; 0 for ANON and VDSO */
	__u32 prot; /* PROT_READ | PROT_WRITE | PROT_EXEC */
	__u32 flags; /* RBI_VMA_* flags */
	__u32 kind; /* enum rbi_vma_kind */
	__u32 backing; /* for FILE and SHMEM, else RBI_NONE */
};

/*
 * Consecutive pages with contents. For an mm, address is a virtual address
 * inside one private VMA; for a backing it is a byte offset inside it. Pages
 * that no run names read as zero (ANON, SHMEM) or as the file (FILE).
 */
struct rbi_run {
	__u64 address; /* page-aligned */
	__u64 pages; /* > 0 */
	__u64 offset; /* in the image file, page-aligned, inside the pages */
};

enum rbi_backing_kind { RBI_BACKING_FILE, RBI_BACKING_SHMEM, RBI_BACKING_KIND_COUNT };

/* What mappings are mappings of; one SHMEM used by two mms is shared memory. */
struct rbi_backing {
	__u32 kind; /* enum rbi_backing_kind */
	__u32 path; /* string, FILE only */
	__u64 size; /* bytes, multiple of the page size */
	__u32 run_first; /* SHMEM only */
	__u32 run_count;
};

struct rbi_auxv {
	__u64 type; /* AT_*, getauxval(3) */
	__u64 value;
};

struct rbi_files {
	__u32 fd_first; /* ascending by number */
	__u32 fd_count;
};

#define RBI_FD_CLOEXEC 1u

struct rbi_fd {
	__u32 fd; /* number, below 2^20 (the default of fs.nr_open) */
	__u32 ofd;
	__u32 flags; /* RBI_FD_* */
	__u32 reserved; /* 0 */
};

enum rbi_ofd_kind {
	RBI_OFD_FILE, /* regular file */
	RBI_OFD_DIRECTORY,
	RBI_OFD_DEVICE, /* character device, such as /dev/null */
	RBI_OFD_PIPE_READ,
	RBI_OFD_PIPE_WRITE,
	RBI_OFD_LISTEN_UNIX, /* listening stream socket, abstract unix(7) name */
	RBI_OFD_KIND_COUNT
};

/* An open file description: fds that share one share offset and status flags. */
struct rbi_ofd {
	__u32 kind; /* enum rbi_ofd_kind */
	__u32 path; /* string: absolute path; abstract name; RBI_NONE for pipes */
	__u32 flags; /* O_ACCMODE and status flags of open(2), never creating ones */
	__u32 pipe; /* for pipe ends, else RBI_NONE */
	__u64 offset; /* file offset, bytes; 0 where there is none */
	__u32 backlog; /* listen(2); 0 for others */
	__u32 reserved; /* 0 */
};

struct rbi_pipe {
	__u32 capacity; /* bytes, F_SETPIPE_SZ: a power of two of pages */
	__u32 data_size; /* bytes unread in it, <= capacity */
	__u64 data; /* offset into RBI_SEC_BYTES */
};

struct rbi_fs {
	__u32 cwd; /* string, absolute, as seen from the real root */
	__u32 root; /* string, absolute */
	__u32 umask; /* 0..0777 */
	__u32 reserved; /* 0 */
};

/* Dispositions of signals; a signal without an action has the default one. */
struct rbi_sighand {
	__u32 action_first; /* ascending by signal */
	__u32 action_count;
};

struct rbi_action {
	__u32 signal; /* 1..64, not SIGKILL, not SIGSTOP */
	__u32 reserved; /* 0 */
	__u64 handler; /* user address, or SIG_IGN */
	__u64 flags; /* SA_*, sigaction(2) */
	__u64 restorer; /* user address, with SA_RESTORER */
	__u64 mask; /* bit n-1 = signal n */
};

/* A queued signal: the kernel's siginfo_t, 128 bytes, sigqueueinfo(2). */
struct rbi_siginfo {
	__s32 signo;
	__s32 error;
	__s32 code; /* negative, as only those can be queued */
	__s32 reserved; /* padding of siginfo_t: 0 */
	__u64 fields[14];
};

#define RBI_XFEATURES_LEGACY 3ull /* x87 and SSE: always present */
#define RBI_XSAVE_MIN 576 /* legacy area and XSAVE header */

/*
 * The user-visible CPU state. The XSAVE area is in the standard format, with
 * its header at byte 512: what ptrace(2) reads as NT_X86_XSTATE.
 */
struct rbi_registers {
	__u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	__u64 rax, rcx, rdx, rsi, rdi;
	__u64 rip, rflags, rsp;
	__u64 fs_base, gs_base;
	__u64 xfeatures; /* XCR0 bits in the area, RBI_XFEATURES_LEGACY included */
	__u64 xstate; /* offset into RBI_SEC_XSTATES, 64-byte aligned */
	__u32 xstate_size; /* bytes, RBI_XSAVE_MIN or more, multiple of 8 */
	__u32 reserved; /* 0 */
};

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

#ifdef __cplusplus
#define RBI_ASSERT_SIZE(type, size) static_assert(sizeof(struct type) == (size), #type)
#else
#define RBI_ASSERT_SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type)
#endif

RBI_ASSERT_SIZE(rbi_section_ref, 24);
RBI_ASSERT_SIZE(rbi_header, 72 + 24 * RBI_SEC_COUNT);
RBI_ASSERT_SIZE(rbi_task, 120);
RBI_ASSERT_SIZE(rbi_group, 80);
RBI_ASSERT_SIZE(rbi_mm, 120);
RBI_ASSERT_SIZE(rbi_vma, 40);
RBI_ASSERT_SIZE(rbi_run, 24);
RBI_ASSERT_SIZE(rbi_backing, 24);
RBI_ASSERT_SIZE(rbi_auxv, 16);
RBI_ASSERT_SIZE(rbi_files, 8);
RBI_ASSERT_SIZE(rbi_fd, 16);
RBI_ASSERT_SIZE(rbi_ofd, 32);
RBI_ASSERT_SIZE(rbi_pipe, 16);
RBI_ASSERT_SIZE(rbi_fs, 16);
RBI_ASSERT_SIZE(rbi_sighand, 8);
RBI_ASSERT_SIZE(rbi_action, 40);
RBI_ASSERT_SIZE(rbi_siginfo, 128);
RBI_ASSERT_SIZE(rbi_registers, 184);
RBI_ASSERT_SIZE(rbi_fixture, 32);

#endif
