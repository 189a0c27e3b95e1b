/* SPDX-License-Identifier: MIT */
/* Mask, alternate stack, actions, a handler that really runs, queued signals. */
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/time_types.h>

#include "workloads/payload/checks.h"
#include "workloads/payload/syscalls.h"

#define SET_SIZE 8

static __u64 bit(__u64 signal) { return 1ull << (signal - 1); }

static __u64 current_mask(void)
{
	__u64 set = ~0ull;

	call4(__NR_rt_sigprocmask, SIG_BLOCK, 0, (long)&set, SET_SIZE);
	return set;
}

bool check_mask(struct checker *c)
{
	return same(c, PAYLOAD_CHECK_MASK, 0, c->block->blocked, current_mask());
}

bool check_altstack(struct checker *c)
{
	const struct payload_check_block *block = c->block;
	stack_t stack = { 0 };

	call2(__NR_sigaltstack, 0, (long)&stack);
	return same(c, PAYLOAD_CHECK_ALTSTACK, 0, block->altstack_sp, (__u64)stack.ss_sp) &&
	       same(c, PAYLOAD_CHECK_ALTSTACK, 1, block->altstack_size, stack.ss_size) &&
	       same(c, PAYLOAD_CHECK_ALTSTACK, 2, block->altstack_flags, (__u32)stack.ss_flags);
}

/* The kernel's struct sigaction: handler, flags, restorer, mask. */
struct kernel_action {
	__u64 handler, flags, restorer, mask;
};

bool check_actions(struct checker *c)
{
	const struct rbi_action *next = (const struct rbi_action *)c->block->actions.address;
	const struct rbi_action *end = next + c->block->actions.count;

	if (!(c->block->flags & PAYLOAD_ACTIONS))
		return true;
	for (__u32 signal = 1; signal <= RBI_NR_SIGNALS; signal++) {
		struct kernel_action found = { 0 }, expected = { 0 };

		if (next != end && next->signal == signal) {
			expected = (struct kernel_action){ next->handler, next->flags,
							   next->restorer, next->mask };
			next++;
		}
		call4(__NR_rt_sigaction, signal, 0, (long)&found, SET_SIZE);
		if (!same(c, PAYLOAD_CHECK_ACTION, signal, expected.handler, found.handler))
			return false;
		/* What is left behind a default action means nothing. */
		if (expected.handler == (__u64)SIG_DFL)
			continue;
		if (!same(c, PAYLOAD_CHECK_ACTION, signal, expected.flags, found.flags) ||
		    !same(c, PAYLOAD_CHECK_ACTION, signal, expected.restorer, found.restorer) ||
		    !same(c, PAYLOAD_CHECK_ACTION, signal, expected.mask, found.mask))
			return false;
	}
	return true;
}

/*
 * What the handler saw; the signal's value is its address, and its error number
 * tells it from queued signals that a wrong mask let through.
 */
#define OWN_SIGNAL 0x5e1f

struct handled {
	__u64 runs, signal, stack, mask;
};

/* Called by entry.S on every handled signal. */
void payload_handler(int signal, const siginfo_t *info, __u64 stack)
{
	struct handled *handled = info->si_value.sival_ptr;

	if (info->si_code != SI_QUEUE || info->si_errno != OWN_SIGNAL)
		return;
	handled->runs++;
	handled->signal = (__u64)signal;
	handled->stack = stack;
	handled->mask = current_mask();
}

static const struct rbi_action *find_action(const struct payload_table *table, __u32 signal)
{
	const struct rbi_action *action = (const struct rbi_action *)table->address;

	for (__u64 i = 0; i < table->count; i++)
		if (action[i].signal == signal)
			return &action[i];
	return 0;
}

/* A signal sent to oneself, unblocked, is handled before the call returns. */
bool check_handler(struct checker *c)
{
	const struct payload_check_block *block = c->block;
	const struct rbi_action *action = find_action(&block->actions, block->handled);
	struct handled handled = { 0 };
	siginfo_t info = { 0 };
	__u64 masked = block->blocked | (action ? action->mask : 0);
	bool on_stack;

	if (!block->handled || !action)
		return true;
	if (!(action->flags & SA_NODEFER))
		masked |= bit(block->handled);
	info.si_code = SI_QUEUE;
	info.si_errno = OWN_SIGNAL;
	info.si_signo = (int)block->handled;
	info.si_value.sival_ptr = &handled;
	call4(__NR_rt_tgsigqueueinfo, block->pid, block->tid, block->handled, (long)&info);
	on_stack = handled.stack - block->altstack_sp < block->altstack_size;
	return same(c, PAYLOAD_CHECK_HANDLER, block->handled, 1,
		    __atomic_load_n(&handled.runs, __ATOMIC_RELAXED)) &&
	       same(c, PAYLOAD_CHECK_HANDLER, block->handled, block->handled, handled.signal) &&
	       same(c, PAYLOAD_CHECK_HANDLER, block->handled, masked, handled.mask) &&
	       same(c, PAYLOAD_CHECK_HANDLER, block->handled,
		    (action->flags & SA_ONSTACK) && block->altstack_size, on_stack);
}

/* Takes the signals of one queue out, in order. */
static bool dequeue(struct checker *c, const struct payload_table *queue)
{
	const struct rbi_siginfo *expected = (const struct rbi_siginfo *)queue->address;
	const struct __kernel_timespec now = { 0, 0 };

	for (__u64 i = 0; i < queue->count; i++) {
		__u64 set = bit((__u64)expected[i].signo);
		struct rbi_siginfo info = { 0 };

		call4(__NR_rt_sigtimedwait, (long)&set, (long)&info, (long)&now, SET_SIZE);
		if (!same(c, PAYLOAD_CHECK_PENDING, i + 1, (__u32)expected[i].signo,
			  (__u32)info.signo) ||
		    !same(c, PAYLOAD_CHECK_PENDING, i + 1, (__u32)expected[i].code,
			  (__u32)info.code) ||
		    !same(c, PAYLOAD_CHECK_PENDING, i + 1, expected[i].fields[1],
			  info.fields[1]))
			return false;
	}
	return true;
}

static __u64 signals_of(const struct payload_table *queue)
{
	const struct rbi_siginfo *info = (const struct rbi_siginfo *)queue->address;
	__u64 set = 0;

	for (__u64 i = 0; i < queue->count; i++)
		set |= bit((__u64)info[i].signo);
	return set;
}

static __u64 pending_set(void)
{
	__u64 set = ~0ull;

	call2(__NR_rt_sigpending, (long)&set, SET_SIZE);
	return set;
}

/*
 * The thread group's queue is emptied by one of its tasks; the others leave its
 * signals, which no private queue of the group has, out of the comparison.
 */
bool check_pending(struct checker *c)
{
	const struct payload_check_block *block = c->block;
	bool mine = block->flags & PAYLOAD_SHARED_QUEUE;
	__u64 ignored = mine ? 0 : block->shared_signals;
	__u64 expected = signals_of(&block->pending) | (mine ? block->shared_signals : 0);

	if (!same(c, PAYLOAD_CHECK_PENDING, 0, expected, pending_set() & ~ignored))
		return false;
	if (!dequeue(c, &block->pending) || (mine && !dequeue(c, &block->shared_pending)))
		return false;
	/* Nothing queued twice. */
	return same(c, PAYLOAD_CHECK_PENDING, 0, 0, pending_set() & ~ignored);
}
