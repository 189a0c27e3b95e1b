/* SPDX-License-Identifier: MIT */
/*
 * Has what few programs have, and knows when it is not as before any more: a sealed memfd that
 * is mapped and open twice, a file without a name with a hole and a page of its own, a FIFO with
 * unread bytes, inotify watches, POSIX timers, a changed OOM score; is a subreaper and not
 * dumpable, and handles every signal that is ignored by default. Appends a line to LOG a few
 * times a second; "bad" must stay 0.
 *
 * kinds DIRECTORY LOG
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define MEMFD_SIZE 10000 /* not whole pages */
#define HOLE_AT (1 << 20)
#define TIMER_SIGNAL (SIGRTMIN + 2)
#define OWN_TIMER_SIGNAL (SIGRTMIN + 3)
#define TIMER_VALUE 0x123456789abcull
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW)

static char path[4096];
static const char *directory;
static int bad, memfd, memfd_again, gone, fifo, fifo_writing, notify;
static unsigned char *mapped, *own;
static int ticking, waiting, own_ticking; /* what the kernel calls the timers */
static volatile sig_atomic_t ticks, own_ticks, wrong_ticks;

#define REQUIRE(condition) require(condition, __LINE__, #condition)

static void require(int holds, int line, const char *condition)
{
	if (holds)
		return;
	bad++;
	fprintf(stderr, "%d: %s: %s\n", line, condition, strerror(errno));
}

static const char *in_directory(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static unsigned char pattern(size_t i)
{
	return (unsigned char)((i + 1) * 0x9e3779b97f4a7c15ull >> 56);
}

static void on_timer(int signal, siginfo_t *info, void *context)
{
	(void)context;
	if (info->si_code != SI_TIMER || (uintptr_t)info->si_value.sival_ptr != TIMER_VALUE)
		wrong_ticks++;
	if (signal == OWN_TIMER_SIGNAL)
		own_ticks++;
	else
		ticks++;
}

static void ignore(int signal)
{
	(void)signal;
}

static void make_memfd(void)
{
	unsigned char bytes[MEMFD_SIZE];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = pattern(i);
	memfd = memfd_create("kept data", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	REQUIRE(write(memfd, bytes, sizeof(bytes)) == sizeof(bytes));
	REQUIRE(fcntl(memfd, F_ADD_SEALS, SEALS) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd);
	memfd_again = open(path, O_RDONLY);
	REQUIRE(lseek(memfd_again, PAGE, SEEK_SET) == PAGE);
	mapped = mmap(0, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
}

static void check_memfd(void)
{
	unsigned char bytes[MEMFD_SIZE];
	struct stat status, again;
	size_t i;

	mapped[0] = (unsigned char)~mapped[0]; /* seen through both descriptions */
	REQUIRE(pread(memfd_again, bytes, sizeof(bytes), 0) == sizeof(bytes));
	REQUIRE(bytes[0] == mapped[0]);
	for (i = 1; i < sizeof(bytes); i++)
		REQUIRE(bytes[i] == pattern(i));
	REQUIRE(fcntl(memfd, F_GET_SEALS) == SEALS);
	REQUIRE(fcntl(memfd, F_GETFD) == FD_CLOEXEC && fcntl(memfd_again, F_GETFD) == 0);
	REQUIRE(lseek(memfd, 0, SEEK_CUR) == MEMFD_SIZE);
	REQUIRE(lseek(memfd_again, 0, SEEK_CUR) == PAGE);
	REQUIRE(write(memfd_again, "x", 1) == -1 && errno == EBADF);
	REQUIRE(fstat(memfd, &status) == 0 && fstat(memfd_again, &again) == 0);
	REQUIRE(status.st_ino == again.st_ino && status.st_size == MEMFD_SIZE);
}

static void make_gone(void)
{
	unsigned char bytes[3 * PAGE];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = pattern(i);
	gone = open(in_directory("gone"), O_RDWR | O_CREAT | O_EXCL, 0640);
	REQUIRE(write(gone, bytes, sizeof(bytes)) == sizeof(bytes));
	REQUIRE(pwrite(gone, "end", 3, HOLE_AT) == 3);
	REQUIRE(unlink(path) == 0);
	REQUIRE(lseek(gone, 123, SEEK_SET) == 123);
	own = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, gone, PAGE);
	own[0] = 'X';
}

static void check_gone(void)
{
	unsigned char bytes[3 * PAGE];
	struct stat status;
	char end[4] = "";
	size_t i;

	REQUIRE(fstat(gone, &status) == 0 && status.st_nlink == 0);
	REQUIRE(status.st_size == HOLE_AT + 3 && (status.st_mode & 0777) == 0640);
	REQUIRE(status.st_blocks * 512 < HOLE_AT);
	REQUIRE(pread(gone, bytes, sizeof(bytes), 0) == sizeof(bytes));
	for (i = 0; i < sizeof(bytes); i++)
		REQUIRE(bytes[i] == pattern(i));
	REQUIRE(pread(gone, end, 3, HOLE_AT) == 3 && strcmp(end, "end") == 0);
	REQUIRE(lseek(gone, 0, SEEK_CUR) == 123);
	REQUIRE(own[0] == 'X' && own[1] == pattern(PAGE + 1));
	REQUIRE(own[PAGE] == pattern((size_t)2 * PAGE));
	REQUIRE(access(in_directory("gone"), F_OK) == -1);
}

static void make_fifo(void)
{
	REQUIRE(mkfifo(in_directory("fifo"), 0600) == 0);
	fifo = open(path, O_RDONLY | O_NONBLOCK);
	fifo_writing = open(path, O_WRONLY);
	REQUIRE(write(fifo_writing, "unread", 6) == 6);
}

static void check_fifo(void)
{
	char bytes[16] = "";

	REQUIRE(read(fifo, bytes, sizeof(bytes)) == 6 && strcmp(bytes, "unread") == 0);
	REQUIRE(read(fifo, bytes, sizeof(bytes)) == -1 && errno == EAGAIN);
	REQUIRE(write(fifo_writing, "again", 5) == 5);
	REQUIRE(read(fifo, bytes, sizeof(bytes)) == 5 && memcmp(bytes, "again", 5) == 0);
}

/* Its numbers are 1 and 3. */
static void make_notify(void)
{
	notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	REQUIRE(inotify_add_watch(notify, directory, IN_CREATE) == 1);
	REQUIRE(inotify_add_watch(notify, "/", IN_DELETE) == 2);
	mkdir(in_directory("watched"), 0700);
	REQUIRE(inotify_add_watch(notify, path, IN_DELETE | IN_CREATE | IN_ONLYDIR) == 3);
	REQUIRE(inotify_rm_watch(notify, 2) == 0);
}

static int next_event(const char *name, unsigned *mask)
{
	static char events[4096] __attribute__((aligned(8)));
	static ssize_t left, at;
	struct inotify_event *event;

	for (;;) {
		if (at >= left) {
			left = read(notify, events, sizeof(events));
			at = 0;
			if (left <= 0)
				return -1;
		}
		event = (struct inotify_event *)(events + at);
		at += (ssize_t)(sizeof(*event) + event->len);
		if (event->len > 0 && strcmp(event->name, name) == 0) {
			*mask = event->mask;
			return event->wd;
		}
	}
}

static void check_notify(void)
{
	unsigned mask = 0;

	close(open(in_directory("new"), O_CREAT | O_WRONLY, 0600));
	unlink(path);
	REQUIRE(next_event("new", &mask) == 1 && mask == IN_CREATE);
	close(open(in_directory("watched/newer"), O_CREAT | O_WRONLY, 0600));
	REQUIRE(next_event("newer", &mask) == 3 && mask == IN_CREATE);
	unlink(path);
	REQUIRE(next_event("newer", &mask) == 3 && mask == IN_DELETE);
}

static int make_timer(clockid_t clock, int how, int signal, long first, long every)
{
	struct sigevent event = { .sigev_notify = how, .sigev_signo = signal };
	struct itimerspec times = { { 0, every }, { first / 1000000000, first % 1000000000 } };
	int id = -1;

	event.sigev_value.sival_ptr = (void *)(uintptr_t)TIMER_VALUE;
	event._sigev_un._tid = (int)syscall(SYS_gettid);
	REQUIRE(syscall(SYS_timer_create, clock, &event, &id) == 0);
	REQUIRE(syscall(SYS_timer_settime, id, 0, &times, 0) == 0);
	return id;
}

static void make_timers(void)
{
	struct sigaction action = { .sa_sigaction = on_timer, .sa_flags = SA_SIGINFO | SA_RESTART };
	const int first = make_timer(CLOCK_MONOTONIC, SIGEV_NONE, 0, 1000, 0);
	int second;

	sigaction(TIMER_SIGNAL, &action, 0);
	ticking = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, TIMER_SIGNAL, 20000000, 20000000);
	waiting = make_timer(CLOCK_REALTIME, SIGEV_NONE, 0, 1000000000000, 0);
	make_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, TIMER_SIGNAL, 900000000000, 0);
	REQUIRE(syscall(SYS_timer_delete, first) == 0);
	sigaction(OWN_TIMER_SIGNAL, &action, 0);
	second = make_timer(CLOCK_MONOTONIC, SIGEV_NONE, 0, 1000, 0);
	own_ticking = make_timer(CLOCK_BOOTTIME, SIGEV_THREAD_ID, OWN_TIMER_SIGNAL, 30000000,
				 30000000);
	REQUIRE(syscall(SYS_timer_delete, second) == 0);
	REQUIRE(waiting == 2 && own_ticking == 5);
}

static void check_timers(void)
{
	static int seen, own_seen, idle;
	struct itimerspec times;

	idle = ticks == seen || own_ticks == own_seen ? idle + 1 : 0;
	if (!idle) {
		seen = ticks;
		own_seen = own_ticks;
	}
	REQUIRE(idle < 100 && wrong_ticks == 0);
	REQUIRE(syscall(SYS_timer_gettime, own_ticking, &times) == 0);
	REQUIRE(times.it_interval.tv_nsec == 30000000);
	REQUIRE(syscall(SYS_timer_gettime, ticking, &times) == 0);
	REQUIRE(times.it_interval.tv_nsec == 20000000);
	REQUIRE(syscall(SYS_timer_gettime, waiting, &times) == 0);
	REQUIRE(times.it_interval.tv_nsec == 0 && times.it_interval.tv_sec == 0);
	REQUIRE(times.it_value.tv_sec > 100 && times.it_value.tv_sec < 1000);
}

/*
 * Of what was said about memory: flags that smaps shows of a page at this address. Not while it
 * may be captured, as its own file in /proc is not there before its process is.
 */
static int has_flag(const void *address, const char *flag)
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	char line[4096], wanted[8];
	int inside = 0, found = 0;

	snprintf(wanted, sizeof(wanted), " %s ", flag);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = (unsigned long)address >= start && (unsigned long)address < end;
		else if (inside && strncmp(line, "VmFlags:", 8) == 0)
			found = strstr(line, wanted) != 0;
	}
	fclose(maps);
	return found;
}

static const struct {
	int advice;
	const char *flag;
} advice[] = {
	{ MADV_SEQUENTIAL, "sr" }, { MADV_RANDOM, "rr" },     { MADV_DONTFORK, "dc" },
	{ MADV_DONTDUMP, "dd" },   { MADV_WIPEONFORK, "wf" }, { MADV_MERGEABLE, "mg" },
	{ MADV_HUGEPAGE, "hg" },   { MADV_NOHUGEPAGE, "nh" },
};
#define ADVICE (sizeof(advice) / sizeof(*advice))
static unsigned char *advised[ADVICE], *locked, *forbidden;

static unsigned char *map_pages(int pages, int protection)
{
	return mmap(0, (size_t)pages * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void make_memory(void)
{
	size_t i;

	for (i = 0; i < ADVICE; i++) {
		advised[i] = map_pages(3, PROT_READ | PROT_WRITE);
		advised[i][PAGE] = (unsigned char)i;
		REQUIRE(madvise(advised[i] + PAGE, PAGE, advice[i].advice) == 0);
	}
	locked = map_pages(4, PROT_READ | PROT_WRITE);
	locked[0] = 1;
	REQUIRE(mlock(locked, PAGE) == 0);
	REQUIRE(mlock2(locked + 2 * PAGE, PAGE, MLOCK_ONFAULT) == 0);
	REQUIRE(madvise(mapped, 3 * PAGE, MADV_RANDOM) == 0);
	REQUIRE(mlock(mapped, PAGE) == 0);
	REQUIRE(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0);
	/* What nobody may touch is locked all the same. */
	forbidden = map_pages(1, PROT_NONE);
	REQUIRE(mlock(forbidden, PAGE) == -1 && has_flag(forbidden, "lo"));
	REQUIRE(mlockall(MCL_FUTURE | MCL_ONFAULT) == 0);
}

static int on_fault(const void *address)
{
	return has_flag(address, "lo") && (has_flag(address, "lf") || has_flag(address, "??"));
}

static void check_memory(void)
{
	unsigned char *fresh = map_pages(1, PROT_READ);
	size_t i;

	for (i = 0; i < ADVICE; i++) {
		REQUIRE(advised[i][PAGE] == i && advised[i][0] == 0);
		REQUIRE(has_flag(advised[i] + PAGE, advice[i].flag));
		REQUIRE(!has_flag(advised[i], advice[i].flag));
		REQUIRE(!has_flag(advised[i] + (size_t)2 * PAGE, advice[i].flag));
	}
	REQUIRE(has_flag(locked, "lo") && !on_fault(locked) && locked[0] == 1);
	REQUIRE(!has_flag(locked + PAGE, "lo"));
	REQUIRE(on_fault(locked + (size_t)2 * PAGE));
	REQUIRE(has_flag(mapped, "rr") && has_flag(mapped, "lo"));
	REQUIRE(has_flag(mapped + PAGE, "rr") && !has_flag(mapped + PAGE, "lo"));
	REQUIRE(has_flag(forbidden, "lo"));
	REQUIRE(on_fault(fresh));
	REQUIRE(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1);
	munmap(fresh, PAGE);
}

static void make_process(void)
{
	static const int signals[] = { SIGCHLD, SIGURG, SIGWINCH };
	const int score = open("/proc/self/oom_score_adj", O_WRONLY);
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], ignore);
	REQUIRE(write(score, "321", 3) == 3);
	close(score);
	REQUIRE(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	REQUIRE(prctl(PR_SET_DUMPABLE, 0) == 0);
}

static void check_process(void)
{
	char score[16] = "";
	int reaper = 0;
	const int fd = open("/proc/self/oom_score_adj", O_RDONLY);

	REQUIRE(read(fd, score, sizeof(score)) == 4 && strcmp(score, "321\n") == 0);
	close(fd);
	REQUIRE(prctl(PR_GET_CHILD_SUBREAPER, &reaper) == 0 && reaper == 1);
	REQUIRE(prctl(PR_GET_DUMPABLE) == 0);
}

int main(int argc, char **argv)
{
	struct timespec pause = { 0, 20000000 };
	int log, round, stop = 0;

	if (argc != 3)
		return 2;
	directory = argv[1];
	log = open(argv[2], O_WRONLY | O_CREAT | O_APPEND, 0644);
	make_memfd();
	make_gone();
	make_fifo();
	make_notify();
	check_notify();
	make_timers();
	make_memory();
	check_memory();
	make_process();
	for (round = 0; !stop; round++) {
		check_memfd();
		check_gone();
		check_timers();
		check_process();
		dprintf(log, "round %d ticks %d bad %d\n", round, (int)ticks, bad);
		nanosleep(&pause, 0);
		stop = access(in_directory("stop"), F_OK) == 0;
	}
	check_memory();
	check_fifo();
	check_notify();
	dprintf(log, "end bad %d\n", bad);
	return bad ? 1 : 7;
}
