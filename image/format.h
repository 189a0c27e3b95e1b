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
#define RBI_VERSION 4
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
	RBI_SEC_CREDENTIALS, /* struct rbi_credentials: cred */
	RBI_SEC_GIDS, /* struct rbi_gid: supplementary groups */
	RBI_SEC_LIMITS, /* struct rbi_limit */
	RBI_SEC_TIMERS, /* struct rbi_timer: POSIX timers */
	RBI_SEC_LOCKS, /* struct rbi_lock: locks of ranges of files */
	RBI_SEC_ZOMBIES, /* struct rbi_zombie */
	RBI_SEC_PTYS, /* struct rbi_pty: pseudo-terminals */
	RBI_SEC_FIXTURES, /* struct rbi_fixture */
	RBI_SEC_XSTATES, /* bytes: XSAVE areas, each 64-byte aligned */
	/* From here on only what opens files reads it: not the kernel module. */
	RBI_SEC_SOCKETS, /* struct rbi_socket */
	RBI_SEC_MESSAGES, /* struct rbi_message: unread in sockets */
	RBI_SEC_EVENTS, /* struct rbi_event: eventfd, timerfd, signalfd */
	RBI_SEC_EPOLL_ITEMS, /* struct rbi_epoll_item */
	RBI_SEC_WATCHES, /* struct rbi_watch: inotify */
	RBI_SEC_BYTES, /* bytes: contents of pipes, pseudo-terminals and messages */
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
	__u32 credentials; /* RBI_NONE = those of whoever restarts the tree */
	char name[RBI_NAME_LEN]; /* comm, NUL-terminated and NUL-padded */
};

/* ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF of setitimer(2), microseconds. */
struct rbi_itimer {
	__u64 interval;
	__u64 value; /* 0 = disarmed */
};

#define RBI_GROUP_SUBREAPER 1u /* PR_SET_CHILD_SUBREAPER */
#define RBI_GROUP_OOM_SCORE_ADJ 2u /* oom_score_adj is set, else the restorer's */
#define RBI_GROUP_TERMINAL 4u /* its session's pseudo-terminal is its controlling terminal */
#define RBI_GROUP_ALL_FLAGS 7u

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
	__u32 flags; /* RBI_GROUP_* */
	struct rbi_itimer itimers[3];
	__u32 limit_first; /* those that differ from the restorer's */
	__u32 limit_count;
	__u32 timer_first; /* POSIX timers, ascending by id */
	__u32 timer_count;
	__s32 oom_score_adj; /* -1000..1000, with RBI_GROUP_OOM_SCORE_ADJ */
	__u32 reserved; /* 0 */
};

#define RBI_MM_LAYOUT 1u /* start_code … env_end are set: prctl(PR_SET_MM_MAP) */
#define RBI_MM_NOT_DUMPABLE 2u /* PR_SET_DUMPABLE 0 */
#define RBI_MM_NO_HUGE_PAGES 4u /* PR_SET_THP_DISABLE */
#define RBI_MM_LOCK_FUTURE 8u /* mlockall(MCL_FUTURE) */
#define RBI_MM_LOCK_ONFAULT 16u /* and MCL_ONFAULT */
#define RBI_MM_ALL_FLAGS 31u

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
/* Advice, madvise(2). */
#define RBI_VMA_SEQUENTIAL 0x10u
#define RBI_VMA_RANDOM 0x20u
#define RBI_VMA_DONTFORK 0x40u
#define RBI_VMA_DONTDUMP 0x80u
#define RBI_VMA_WIPEONFORK 0x100u
#define RBI_VMA_MERGEABLE 0x200u
#define RBI_VMA_HUGEPAGE 0x400u
#define RBI_VMA_NOHUGEPAGE 0x800u
#define RBI_VMA_ADVICE 0xff0u
/* mlock2(2) */
#define RBI_VMA_LOCKED 0x1000u
#define RBI_VMA_LOCKONFAULT 0x2000u /* with LOCKED: pages as they are touched */
#define RBI_VMA_ALL_FLAGS 0x3fffu

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

enum rbi_backing_kind {
	RBI_BACKING_FILE, /* a file that exists by its path */
	RBI_BACKING_SHMEM, /* shared anonymous memory */
	RBI_BACKING_MEMFD, /* memfd_create(2) */
	RBI_BACKING_DELETED, /* a regular file without a name any more */
	RBI_BACKING_KIND_COUNT
};

/*
 * What mappings are mappings of; one SHMEM used by two mms is shared memory.
 * A MEMFD or DELETED may be open, too, as one or more descriptions.
 */
struct rbi_backing {
	__u32 kind; /* enum rbi_backing_kind */
	__u32 path; /* string: path; the one that it had; name of a memfd; SHMEM: none */
	__u64 size; /* bytes; of FILE and SHMEM a multiple of the page size above 0 */
	__u32 run_first; /* contents, none for FILE */
	__u32 run_count;
	__u32 seals; /* F_SEAL_*, MEMFD only */
	__u32 mode; /* permission bits, MEMFD and DELETED only */
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
	RBI_OFD_SOCKET,
	RBI_OFD_FIFO, /* a FIFO with a path, fifo(7) */
	RBI_OFD_MEMFD,
	RBI_OFD_DELETED, /* a regular file without a name any more */
	RBI_OFD_EVENTFD,
	RBI_OFD_TIMERFD,
	RBI_OFD_SIGNALFD,
	RBI_OFD_EPOLL,
	RBI_OFD_INOTIFY,
	RBI_OFD_PTY_MASTER, /* by the path of a multiplexer, pts(4) */
	RBI_OFD_PTY_SLAVE, /* /dev/pts/NUMBER, or /dev/tty for the same */
	RBI_OFD_KIND_COUNT
};

enum rbi_flock { RBI_FLOCK_NONE, RBI_FLOCK_SHARED, RBI_FLOCK_EXCLUSIVE, RBI_FLOCK_COUNT };

/* An open file description: fds that share one share offset and status flags. */
struct rbi_ofd {
	__u32 kind; /* enum rbi_ofd_kind */
	__u32 path; /* string: absolute path; RBI_NONE where it has none */
	__u32 flags; /* O_ACCMODE and status flags of open(2), never creating ones */
	__u32 object; /* pipe, socket, backing, event or pty, as the kind says, else RBI_NONE */
	__u64 offset; /* file offset, bytes; 0 where there is none */
	__s32 owner; /* F_SETOWN: pid, or -pgid; 0 = none */
	__u32 signal; /* F_SETSIG; 0 = SIGIO */
	__u32 flock; /* enum rbi_flock: flock(2), held by the description */
	__u32 reserved; /* 0 */
};

struct rbi_pipe {
	__u32 capacity; /* bytes, F_SETPIPE_SZ: a power of two of pages */
	__u32 data_size; /* bytes unread in it, <= capacity */
	__u64 data; /* offset into RBI_SEC_BYTES */
};

enum rbi_socket_state {
	RBI_SOCKET_UNCONNECTED, /* perhaps bound */
	RBI_SOCKET_LISTENING,
	RBI_SOCKET_PAIR, /* AF_UNIX, as of socketpair(2) */
	RBI_SOCKET_STATE_COUNT
};

#define RBI_SOCKET_REUSEADDR 1u
#define RBI_SOCKET_REUSEPORT 2u
#define RBI_SOCKET_KEEPALIVE 4u
#define RBI_SOCKET_BROADCAST 8u
#define RBI_SOCKET_PASSCRED 0x10u
#define RBI_SOCKET_V6ONLY 0x20u
#define RBI_SOCKET_NODELAY 0x40u /* TCP_NODELAY */
#define RBI_SOCKET_ABSTRACT 0x80u /* AF_UNIX: path is an abstract name, unix(7) */
#define RBI_SOCKET_SHUT_READ 0x100u /* shutdown(2) of a pair's end */
#define RBI_SOCKET_SHUT_WRITE 0x200u
#define RBI_SOCKET_ALL_OPTIONS 0x3ffu

/* A socket; has one description. A connection over TCP has no place here. */
struct rbi_socket {
	__u32 family; /* AF_UNIX 1, AF_INET 2, AF_INET6 10 */
	__u32 type; /* SOCK_STREAM 1, SOCK_DGRAM 2, SOCK_SEQPACKET 5 */
	__u32 state; /* enum rbi_socket_state */
	__u32 peer; /* PAIR: the other end; RBI_NONE = closed */
	__u32 options; /* RBI_SOCKET_* */
	__u32 backlog; /* LISTENING */
	__u32 send_buffer; /* SO_SNDBUF as getsockopt(2) has it; 0 = the default */
	__u32 receive_buffer; /* SO_RCVBUF */
	__u32 path; /* AF_UNIX: string it is bound to: path or abstract name; else RBI_NONE */
	__u32 mode; /* AF_UNIX with a path: permission bits of its file */
	__u32 port; /* AF_INET, AF_INET6: host byte order; 0 = not bound */
	__u32 scope; /* sin6_scope_id */
	__u32 address[4]; /* AF_INET: one word, AF_INET6: four, in network byte order */
};

/* Unread in a socket of a pair: bytes of a stream, or one datagram. */
struct rbi_message {
	__u32 socket; /* that it can be read from; ascending */
	__u32 size; /* bytes */
	__u64 data; /* offset into RBI_SEC_BYTES */
};

#define RBI_EVENT_SEMAPHORE 1u /* eventfd: EFD_SEMAPHORE */
#define RBI_EVENT_ABSTIME 2u /* timerfd: armed with TFD_TIMER_ABSTIME */

/* What an eventfd, timerfd or signalfd holds; fields of the others are 0. */
struct rbi_event {
	__u32 clock; /* timerfd: CLOCK_*, timerfd_create(2) */
	__u32 flags; /* RBI_EVENT_* */
	__u64 value; /* eventfd: count; timerfd: ns left, 0 = disarmed; signalfd: mask */
	__u64 interval; /* timerfd: ns */
	__u64 ticks; /* timerfd: expirations not read yet */
};

/* What an epoll(7) instance watches. Ascending by epoll, each fd and ofd once. */
struct rbi_epoll_item {
	__u32 epoll; /* ofd of the instance */
	__u32 fd; /* number that it was added by */
	__u32 ofd; /* what is watched */
	__u32 events; /* EPOLL* */
	__u64 data; /* epoll_data */
};

/* A watch of an inotify(7) instance. Ascending by instance, then by number. */
struct rbi_watch {
	__u32 inotify; /* ofd of the instance */
	__u32 wd; /* number, 1 or more */
	__u32 mask; /* IN_* */
	__u32 path; /* string, absolute */
};

/* A lock of a range: fcntl(2). Ascending by files, RBI_NONE last. */
struct rbi_lock {
	__u32 files; /* owner of an F_SETLK lock; RBI_NONE: the description, F_OFD_SETLK */
	__u32 ofd; /* a FILE; with files, one that this table has an fd for */
	__u32 type; /* F_RDLCK 0, F_WRLCK 1 */
	__u32 pid; /* F_SETLK: of a process with that table, which F_GETLK reports; else 0 */
	__u64 start; /* bytes */
	__u64 length; /* bytes; 0 = to the end */
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
	__s32 code; /* SI_*, CLD_* and so on; a task can queue any for itself */
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

#define RBI_CREDENTIALS_NO_NEW_PRIVS 1u

/*
 * Of a task: credentials(7), capabilities(7), personality(2); and what is lost when they
 * change: the signal on its parent's death.
 */
struct rbi_credentials {
	__u32 uid, euid, suid, fsuid;
	__u32 gid, egid, sgid, fsgid;
	__u32 gid_first; /* supplementary groups, ascending */
	__u32 gid_count;
	__u32 securebits; /* prctl(PR_SET_SECUREBITS) */
	__u32 flags; /* RBI_CREDENTIALS_* */
	__u32 personality;
	__u32 death_signal; /* prctl(PR_SET_PDEATHSIG); 0 = none */
	__u64 inheritable, permitted, effective, bounding, ambient; /* bit n = capability n */
};

struct rbi_gid {
	__u32 gid;
};

struct rbi_limit {
	__u32 resource; /* RLIMIT_*, ascending in a group */
	__u32 reserved; /* 0 */
	__u64 soft; /* ~0 = RLIM_INFINITY */
	__u64 hard;
};

/* A timer of timer_create(2). */
struct rbi_timer {
	__s32 id; /* what the kernel calls it */
	__u32 clock; /* CLOCK_* */
	__u32 notify; /* SIGEV_SIGNAL 0, SIGEV_NONE 1, SIGEV_THREAD_ID 4 */
	__u32 signal; /* 0 for SIGEV_NONE */
	__u32 task; /* SIGEV_THREAD_ID: which, else RBI_NONE */
	__u32 reserved; /* 0 */
	__u64 sigval;
	__u64 interval; /* ns */
	__u64 value; /* ns left; 0 = disarmed */
};

/* A process that has ended and that its parent has not waited for. */
struct rbi_zombie {
	__u32 pid; /* as of a task, unique among both */
	__u32 parent; /* group */
	__u32 pgid; /* its parent's, or its pid */
	__u32 sid; /* the same */
	__u32 exit_signal; /* 0..64 */
	__u32 status; /* as of wait(2): exit code << 8, or the signal that killed it */
	char name[RBI_NAME_LEN];
};

#define RBI_PTY_HUNG_UP 1u /* its master is closed: only descriptions of the slave are left */
#define RBI_PTY_SLAVE_CLOSED 2u /* the slave was open and is not any more: reading is EIO */
#define RBI_PTY_LOCKED 4u /* TIOCSPTLCK */
#define RBI_PTY_PACKET 8u /* TIOCPKT */
#define RBI_PTY_EXCLUSIVE 16u /* TIOCEXCL, of the slave */
#define RBI_PTY_MASTER_EXCLUSIVE 32u
#define RBI_PTY_STOPPED 64u /* the slave's output is, as by Ctrl-S */
#define RBI_PTY_ALL_FLAGS 127u
#define RBI_PTY_MAX_INPUT 8190 /* bytes: N_TTY's buffer, each byte quoted */
#define RBI_PTY_QUOTE 0x16 /* input in canonical mode: the next byte is nothing special */
#define RBI_PTY_EOF 0x04 /* input in canonical mode: ends what is before it */
#define RBI_PTY_CONTROLS 20

/*
 * A pseudo-terminal, pty(7), whose master is or was in the tree. The terminal's settings,
 * tcsetattr(3), its window and its session are those of the slave. Unread is first the
 * input, for the slave, and then the output, for the master. Input is given as it would be
 * typed with all conversions, echo and signals off; in canonical mode with RBI_PTY_QUOTE and
 * RBI_PTY_EOF as VLNEXT and VEOF, and VEOL and VEOL2 as in control.
 */
struct rbi_pty {
	__u32 number; /* of /dev/pts/NUMBER, unique */
	__u32 flags; /* RBI_PTY_* */
	__u32 sid; /* session whose controlling terminal it is, 0 = of none */
	__u32 foreground; /* its foreground process group, 0 = none */
	__u32 input_flags, output_flags, control_flags, local_flags; /* struct termios2 */
	__u32 input_speed, output_speed; /* baud */
	__u32 rows, columns, width, height; /* struct winsize */
	__u32 uid, gid; /* owner of the slave's file */
	__u32 mode; /* its permission bits */
	__u32 input_size; /* of data_size: bytes for the slave */
	__u64 data; /* offset into RBI_SEC_BYTES */
	__u32 data_size;
	char control[RBI_PTY_CONTROLS]; /* c_cc, of which there are 19 */
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
RBI_ASSERT_SIZE(rbi_group, 104);
RBI_ASSERT_SIZE(rbi_mm, 120);
RBI_ASSERT_SIZE(rbi_vma, 40);
RBI_ASSERT_SIZE(rbi_run, 24);
RBI_ASSERT_SIZE(rbi_backing, 32);
RBI_ASSERT_SIZE(rbi_auxv, 16);
RBI_ASSERT_SIZE(rbi_files, 8);
RBI_ASSERT_SIZE(rbi_fd, 16);
RBI_ASSERT_SIZE(rbi_ofd, 40);
RBI_ASSERT_SIZE(rbi_pipe, 16);
RBI_ASSERT_SIZE(rbi_fs, 16);
RBI_ASSERT_SIZE(rbi_sighand, 8);
RBI_ASSERT_SIZE(rbi_action, 40);
RBI_ASSERT_SIZE(rbi_siginfo, 128);
RBI_ASSERT_SIZE(rbi_registers, 184);
RBI_ASSERT_SIZE(rbi_credentials, 96);
RBI_ASSERT_SIZE(rbi_gid, 4);
RBI_ASSERT_SIZE(rbi_limit, 24);
RBI_ASSERT_SIZE(rbi_timer, 48);
RBI_ASSERT_SIZE(rbi_lock, 32);
RBI_ASSERT_SIZE(rbi_zombie, 40);
RBI_ASSERT_SIZE(rbi_pty, 104);
RBI_ASSERT_SIZE(rbi_fixture, 32);
RBI_ASSERT_SIZE(rbi_socket, 64);
RBI_ASSERT_SIZE(rbi_message, 16);
RBI_ASSERT_SIZE(rbi_event, 32);
RBI_ASSERT_SIZE(rbi_epoll_item, 24);
RBI_ASSERT_SIZE(rbi_watch, 16);

#endif
