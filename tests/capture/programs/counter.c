/* SPDX-License-Identifier: MIT */
/*
 * Counts in every thread, and knows when its state is not its own any more: thread-local
 * storage, x87 and AVX registers that are live the whole time, a heap under a mutex, a copied
 * page of a file, a handler on an alternate stack driven by an interval timer, a queued
 * signal. Appends a line to a file a few times a second; "bad" must stay 0.
 *
 * counter THREADS LOG
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define HEAP_WORDS (256 * 1024)
#define MARK SIGRTMIN /* blocked, and queued with a value */
#define MARK_VALUE 4711

static _Thread_local uint64_t own_count;
static _Thread_local int own_number;
static uint64_t shared_count;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t ticks;
static volatile int stop;
static uint64_t *heap;
static char *copied;
static int bad; /* atomically */

static void note_bad(void)
{
	__atomic_add_fetch(&bad, 1, __ATOMIC_RELAXED);
}

static uint64_t pattern(uint64_t i)
{
	return (i + 1) * 0x9e3779b97f4a7c15ull;
}

static void on_tick(int signal)
{
	(void)signal;
	ticks++;
}

/* Keeps ymm3 and st(0) live over some ten thousand instructions, then compares. */
static int registers_keep(uint64_t i)
{
	uint64_t a = pattern(i), b = 0;
	double d = 1.0 / (double)(i + 3), e = 0;

	if (!__builtin_cpu_supports("avx"))
		return 1;
	__asm__ volatile("vmovq %[a], %%xmm3\n\t"
			 "vpunpcklqdq %%xmm3, %%xmm3, %%xmm3\n\t"
			 "vinsertf128 $1, %%xmm3, %%ymm3, %%ymm3\n\t"
			 "fldl %[d]\n\t"
			 "mov $20000, %%ecx\n\t"
			 "1: dec %%ecx\n\t"
			 "jnz 1b\n\t"
			 "vextractf128 $1, %%ymm3, %%xmm5\n\t"
			 "vpextrq $1, %%xmm5, %[b]\n\t"
			 "fstpl %[e]\n\t"
			 "vzeroupper"
			 : [b] "=&r"(b), [e] "=m"(e)
			 : [a] "r"(a), [d] "m"(d)
			 : "xmm3", "xmm5", "ecx", "st", "memory");
	return a == b && d == e;
}

static void *count(void *argument)
{
	struct timespec pause = { 0, 2000000 };
	uint64_t before;

	own_number = (int)(intptr_t)argument;
	while (!stop) {
		before = own_count;
		if (!registers_keep(own_count) || own_number != (int)(intptr_t)argument)
			note_bad();
		own_count = before + 1;
		pthread_mutex_lock(&mutex);
		shared_count++;
		pthread_mutex_unlock(&mutex);
		/* One is always found in the middle of registers_keep(). */
		if (own_number != 0)
			nanosleep(&pause, 0);
	}
	return (void *)(uintptr_t)own_count;
}

static int mark_is_queued(void)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, MARK) == 1;
}

static void check(void)
{
	uint64_t i;

	for (i = 0; i < HEAP_WORDS; i += 512)
		if (heap[i] != pattern(i))
			note_bad();
	if (copied[0] != 'X' || !mark_is_queued() || getpid() != syscall(SYS_getpid))
		note_bad();
	if (umask(027) != 027)
		note_bad();
}

static void prepare(const char *program)
{
	static char stack[64 * 1024];
	const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_handler = on_tick, .sa_flags = SA_ONSTACK | SA_RESTART };
	const struct itimerval timer = { { 0, 20000 }, { 0, 20000 } };
	sigset_t blocked;
	uint64_t i;
	int fd;

	umask(027);
	heap = malloc(HEAP_WORDS * sizeof(*heap));
	for (i = 0; i < HEAP_WORDS; i++)
		heap[i] = pattern(i);
	fd = open(program, O_RDONLY | O_CLOEXEC);
	copied = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	copied[0] = 'X';
	close(fd);
	sigaltstack(&alternate, 0);
	sigaction(SIGALRM, &action, 0);
	sigemptyset(&blocked);
	sigaddset(&blocked, MARK);
	pthread_sigmask(SIG_BLOCK, &blocked, 0);
	sigqueue(getpid(), MARK, (union sigval){ .sival_int = MARK_VALUE });
	setitimer(ITIMER_REAL, &timer, 0);
}

/* The queued signal must come with its value. */
static int mark_arrives(void)
{
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, MARK);
	return sigwaitinfo(&set, &info) == MARK && info.si_value.sival_int == MARK_VALUE;
}

int main(int argc, char **argv)
{
	const int threads = argc > 1 ? atoi(argv[1]) : 4;
	pthread_t *others = calloc((size_t)threads, sizeof(*others));
	struct timespec pause = { 0, 50000000 };
	uint64_t total = 0;
	sig_atomic_t seen = 0;
	void *result;
	int log, i, idle = 0;

	prepare("/proc/self/exe");
	log = open(argc > 2 ? argv[2] : "/dev/stdout", O_WRONLY | O_CREAT | O_APPEND, 0644);
	for (i = 0; i < threads; i++)
		pthread_create(&others[i], 0, count, (void *)(intptr_t)i);
	/* Whoever tests this ends it by the file LOG.stop. */
	while (!stop) {
		char name[4096];

		nanosleep(&pause, 0);
		check();
		idle = ticks == seen ? idle + 1 : 0;
		if (idle == 100)
			note_bad(); /* the timer is gone */
		seen = ticks;
		dprintf(log, "pid %d shared %lu ticks %d bad %d\n", getpid(),
			(unsigned long)shared_count, (int)ticks, bad);
		snprintf(name, sizeof(name), "%s.stop", argc > 2 ? argv[2] : "");
		stop = access(name, F_OK) == 0;
	}
	for (i = 0; i < threads; i++) {
		pthread_join(others[i], &result);
		total += (uint64_t)(uintptr_t)result;
	}
	if (total != shared_count || !mark_arrives())
		note_bad();
	dprintf(log, "end: %d threads, bad %d\n", threads, bad);
	return bad ? 1 : 7;
}
