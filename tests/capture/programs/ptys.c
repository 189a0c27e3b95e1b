/* SPDX-License-Identifier: MIT */
/*
 * Has pseudo-terminals in every state, and knows when one is not as before any more: raw and
 * with lines, with unread bytes in both directions, in packet mode, exclusive, locked, stopped,
 * with a closed slave, with a closed master; and a session on one of them with a foreground
 * process, one that gave the terminal up, and signals on parents' deaths. Appends a line to LOG
 * a few times a second; "bad" must stay 0. Once STOP exists it reads what is unread.
 *
 * ptys LOG STOP
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define SPECIAL "\003\004\021\023\026\177\377" /* ^C ^D ^Q ^S ^V and so on */
#define MANY 9000 /* bytes: more than one buffer of a line discipline */

struct pty {
	int master, slave;
	char name[32];
};

/* What the processes tell each other. */
static struct shared {
	volatile int bad, ready, interrupts, deaths, finish;
} *shared;

static struct pty raw, lines, closed, hung_up, locked, stopped, controlling, large;
static pid_t session, foreground;

#define REQUIRE(condition) require(condition, __LINE__, #condition)

static void require(int holds, int line, const char *condition)
{
	if (holds)
		return;
	__atomic_add_fetch(&shared->bad, 1, __ATOMIC_SEQ_CST);
	if (shared->bad < 100)
		fprintf(stderr, "%d: %s: %s\n", line, condition, strerror(errno));
}

static void sleep_a_little(void)
{
	const struct timespec pause = { 0, 10000000 };

	nanosleep(&pause, 0);
}

static void open_pty(struct pty *pty, int opened)
{
	pty->master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	REQUIRE(pty->master >= 0 && ptsname_r(pty->master, pty->name, sizeof(pty->name)) == 0);
	pty->slave = -1;
	if (!opened)
		return;
	REQUIRE(unlockpt(pty->master) == 0);
	pty->slave = open(pty->name, O_RDWR | O_NOCTTY);
	REQUIRE(pty->slave >= 0);
}

static void set_raw(int fd)
{
	struct termios settings;

	REQUIRE(tcgetattr(fd, &settings) == 0);
	cfmakeraw(&settings);
	REQUIRE(tcsetattr(fd, TCSANOW, &settings) == 0);
}

static void put(int fd, const char *bytes, size_t size)
{
	REQUIRE(write(fd, bytes, size) == (ssize_t)size);
}

#define PUT(fd, text) put(fd, text, sizeof(text) - 1)

/* The next read(2) gives exactly this. */
static void expect(int fd, const char *bytes, size_t size, int line)
{
	char got[256] = "";
	struct pollfd state = { fd, POLLIN, 0 };
	ssize_t count;

	require(poll(&state, 1, 2000) == 1, line, "something to read");
	count = read(fd, got, sizeof(got));
	if (count == (ssize_t)size && memcmp(got, bytes, size) == 0)
		return;
	require(0, line, "what was to be read");
	fprintf(stderr, "  %zd bytes: \"%.*s\" for \"%.*s\"\n", count, (int)count, got, (int)size,
		bytes);
}

#define EXPECT(fd, text) expect(fd, text, sizeof(text) - 1, __LINE__)

static int unread(int fd)
{
	int count = 0;

	REQUIRE(ioctl(fd, FIONREAD, &count) == 0);
	return count;
}

static short events(int fd)
{
	struct pollfd state = { fd, POLLIN | POLLOUT, 0 };

	poll(&state, 1, 0);
	return state.revents;
}

static void make_raw(void)
{
	const struct winsize window = { 24, 80, 640, 480 };

	open_pty(&raw, 1);
	set_raw(raw.slave);
	REQUIRE(ioctl(raw.slave, TIOCSWINSZ, &window) == 0);
	REQUIRE(fchmod(raw.slave, 0622) == 0);
	PUT(raw.master, "typed " SPECIAL);
	PUT(raw.slave, "printed\n" SPECIAL);
}

static void make_lines(void)
{
	struct termios settings;

	open_pty(&lines, 1);
	REQUIRE(tcgetattr(lines.slave, &settings) == 0);
	settings.c_lflag &= ~(tcflag_t)ECHO;
	settings.c_cc[VEOL] = ';';
	REQUIRE(tcsetattr(lines.slave, TCSANOW, &settings) == 0);
	/* Five lines: by a newline, VEOL, with quoted bytes, by VEOF, VEOF alone; and a part. */
	PUT(lines.master, "one\rtwo;th\026\004\026\026\026;ree\nfour\004\004unfinishex\177");
	PUT(lines.slave, "out\n");
}

static void make_others(void)
{
	char bytes[MANY];
	const int on = 1;
	struct pty *packet = &closed;

	open_pty(packet, 1);
	REQUIRE(ioctl(packet->slave, TIOCEXCL) == 0);
	PUT(packet->slave, "last words");
	REQUIRE(ioctl(packet->master, TIOCPKT, &on) == 0);
	close(packet->slave);
	open_pty(&hung_up, 1);
	close(hung_up.master);
	open_pty(&locked, 0);
	open_pty(&stopped, 1);
	PUT(stopped.slave, "before");
	PUT(stopped.master, "\023");
	open_pty(&large, 1);
	set_raw(large.slave);
	memset(bytes, 'x', sizeof(bytes));
	put(large.slave, bytes, sizeof(bytes));
}

#define SAME(condition) (wrong = (condition) ? wrong : #condition)

/* What is otherwise than it was, or 0. */
static const char *find_change(void)
{
	const char *wrong = 0;
	struct termios settings;
	struct winsize window;
	struct stat status;
	char name[64];
	int value = -1;

	SAME(tcgetattr(raw.master, &settings) == 0 && !(settings.c_lflag & (ICANON | ECHO)));
	SAME(ioctl(raw.master, TIOCGWINSZ, &window) == 0 && window.ws_row == 24 &&
		window.ws_col == 80 && window.ws_xpixel == 640 && window.ws_ypixel == 480);
	SAME(ttyname_r(raw.slave, name, sizeof(name)) == 0 && strcmp(name, raw.name) == 0);
	SAME(fstat(raw.slave, &status) == 0 && (status.st_mode & 0777) == 0622);
	SAME(unread(raw.slave) == 13 && unread(raw.master) == 15);
	SAME(tcgetattr(lines.slave, &settings) == 0 && settings.c_cc[VEOL] == ';' &&
		settings.c_lflag & ICANON && !(settings.c_lflag & ECHO));
	SAME(unread(lines.slave) == 21);
	SAME(ioctl(closed.master, TIOCGPKT, &value) == 0 && value == 1);
	SAME(events(closed.master) & POLLHUP);
	SAME(events(hung_up.slave) & POLLHUP && tcgetattr(hung_up.slave, &settings) != 0);
	SAME(ioctl(locked.master, TIOCGPTLCK, &value) == 0 && value == 1);
	SAME(!(events(locked.master) & POLLHUP));
	SAME(!(events(stopped.slave) & POLLOUT));
	SAME(tcgetsid(controlling.master) == session);
	SAME(tcgetpgrp(controlling.master) == foreground);
	return wrong;
}

/* A capture whose bench was killed goes on for a moment to put back what it has read. */
static void check(void)
{
	const struct timespec patience = { 0, 300000000 };

	if (!find_change())
		return;
	nanosleep(&patience, 0);
	if (find_change())
		require(0, __LINE__, find_change());
}

static void finish(void)
{
	char bytes[MANY];
	size_t got = 0;
	int value = 0;

	EXPECT(raw.slave, "typed " SPECIAL);
	EXPECT(raw.master, "printed\n" SPECIAL);
	EXPECT(lines.slave, "one\n");
	EXPECT(lines.slave, "two;");
	EXPECT(lines.slave, "th\004\026;ree\n");
	EXPECT(lines.slave, "four");
	EXPECT(lines.slave, "");
	REQUIRE(unread(lines.slave) == 0);
	PUT(lines.master, "d\n");
	EXPECT(lines.slave, "unfinished\n");
	EXPECT(lines.master, "out\r\n");
	EXPECT(closed.master, "\0last words"); /* TIOCPKT_DATA */
	closed.slave = open(closed.name, O_RDWR | O_NOCTTY);
	REQUIRE(closed.slave >= 0 && ioctl(closed.slave, TIOCGEXCL, &value) == 0 && value == 1);
	EXPECT(hung_up.slave, "");
	EXPECT(stopped.master, "before");
	PUT(stopped.master, "\021");
	while (!(events(stopped.slave) & POLLOUT))
		;
	while (got < MANY && events(large.master) & POLLIN) {
		ssize_t count = read(large.master, bytes + got, sizeof(bytes) - got);

		if (count <= 0)
			break;
		got += (size_t)count;
	}
	REQUIRE(got == MANY);
}

static void on_interrupt(int signal)
{
	(void)signal;
	shared->interrupts++;
}

static void on_death(int signal)
{
	(void)signal;
	shared->deaths++;
}

static void announce(void)
{
	__atomic_add_fetch(&shared->ready, 1, __ATOMIC_SEQ_CST);
}

/* The terminal of a process, as /proc tells it. */
static int terminal(void)
{
	char text[512] = "";
	int number = -1;
	const int fd = open("/proc/self/stat", O_RDONLY);

	REQUIRE(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	sscanf(strrchr(text, ')'), ") %*c %*d %*d %*d %d", &number);
	return number;
}

/* In the foreground: Ctrl-C reaches it; and the death of its parent. */
static void be_foreground(int terminal_fd)
{
	int signal = 0, held;

	setpgid(0, 0);
	REQUIRE(sigaction(SIGINT, &(struct sigaction){ .sa_handler = on_interrupt }, 0) == 0);
	REQUIRE(sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = on_death }, 0) == 0);
	REQUIRE(sigaction(SIGHUP, &(struct sigaction){ .sa_handler = SIG_IGN }, 0) == 0);
	REQUIRE(sigaction(SIGTTOU, &(struct sigaction){ .sa_handler = SIG_IGN }, 0) == 0);
	REQUIRE(tcsetpgrp(terminal_fd, getpid()) == 0);
	REQUIRE(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0);
	held = open("/dev/tty", O_RDWR);
	announce();
	while (!shared->deaths) {
		if (shared->finish < 2)
			REQUIRE(prctl(PR_GET_PDEATHSIG, &signal) == 0 && signal == SIGUSR1);
		REQUIRE(terminal() != 0);
		REQUIRE(tcgetpgrp(held) == getpid());
		sleep_a_little();
	}
	REQUIRE(shared->finish == 2);
	_exit(0);
}

/* In the session, without its terminal. */
static void be_without(int terminal_fd)
{
	REQUIRE(ioctl(terminal_fd, TIOCNOTTY) == 0);
	announce();
	while (shared->finish < 2) {
		REQUIRE(terminal() == 0 && getsid(0) != getpid() && getppid() != 1);
		sleep_a_little();
	}
	_exit(0);
}

static void lead(void)
{
	int fd;

	setsid();
	fd = open(controlling.name, O_RDWR); /* which takes it, too */
	REQUIRE(ioctl(fd, TIOCSCTTY, 0) == 0);
	if (fork() == 0)
		be_foreground(fd);
	if (fork() == 0)
		be_without(fd);
	announce();
	while (shared->finish < 2) {
		REQUIRE(terminal() != 0);
		sleep_a_little();
	}
	_exit(0); /* who is in the foreground notices */
}

int main(int argc, char **argv)
{
	int log, round, waited;

	if (argc != 3)
		return 2;
	log = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0644);
	shared = mmap(0, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	open_pty(&controlling, 1);
	session = fork();
	if (session == 0)
		lead();
	while (shared->ready < 3)
		sleep_a_little();
	foreground = tcgetpgrp(controlling.master);
	make_raw();
	make_lines();
	make_others();
	sleep_a_little();
	for (round = 0; access(argv[2], F_OK) != 0; round++) {
		check();
		dprintf(log, "round %d bad %d\n", round, shared->bad);
		sleep_a_little();
	}
	finish();
	REQUIRE(shared->interrupts == 0);
	PUT(controlling.master, "\003");
	for (waited = 0; waited < 500 && !shared->interrupts; waited++)
		sleep_a_little();
	REQUIRE(shared->interrupts == 1);
	shared->finish = 2;
	REQUIRE(waitpid(session, 0, 0) == session);
	for (waited = 0; waited < 500 && !shared->deaths; waited++)
		sleep_a_little();
	REQUIRE(shared->deaths == 1);
	dprintf(log, "end bad %d\n", shared->bad);
	return shared->bad ? 1 : 7;
}
