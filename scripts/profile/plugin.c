/* SPDX-License-Identifier: MIT */
/*
 * A plugin for QEMU's TCG that counts instructions by call path.
 *
 * Counted is between the entry of one function of the guest and its return: what
 * a restart takes, by the clock of `bench --vm`. Kernel functions are followed by
 * their calls and returns: where a call writes the return address says on which
 * kernel stack it is, and how deep, so paths stay apart when tasks are switched. User code is counted by function only.
 *
 * Arguments: symbols=FILE, lines "address name" ascending; out=FILE;
 * window=ADDRESS, size=BYTES of the function; skip=N, the first of its calls that do
 * not count. FILE gets, in lines:
 *   window INSTRUCTIONS                a window, in order
 *   part INSTRUCTIONS NAME             of the window before
 *   at ID INSTRUCTIONS                 of the window before, by path
 *   self INSTRUCTIONS NAME             all windows together
 *   path ID PARENT INSTRUCTIONS NAME   of the kernel; NAME called by PARENT, 0 = none
 *
 * One CPU. The interface is that of QEMU 7.2 (Debian 12), whose package has no
 * header for it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* qemu-plugin.h, version 1 of the interface: what is used of it. */
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*exec_callback)(unsigned int cpu, void *data);
typedef void (*memory_callback)(unsigned int cpu, uint32_t info, uint64_t address, void *data);
enum { CB_NO_REGS = 0, INLINE_ADD_U64 = 0, MEM_W = 2 };
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*cb)(uint64_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_atexit_cb(uint64_t id, void (*cb)(uint64_t id, void *data), void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, exec_callback cb,
					    int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op, void *to,
						uint64_t value);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, memory_callback cb, int flags,
				      int rw, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
bool qemu_plugin_mem_is_store(uint32_t info);
__attribute__((visibility("default"))) int qemu_plugin_version = 1;

#define KERNEL_START 0xffff800000000000ull
#define STACK_SHIFT 14 /* THREAD_SIZE of x86-64, without KASAN */
#define STACKS 4096    /* by hash of their address; a clash loses a path, no count */
#define DEPTH 256
#define UNNAMED UINT32_MAX
#define USER_RESTORER 0 /* the symbol of user code that is no known function */

struct symbol {
	uint64_t address;
	char *name;
	uint64_t executed, before; /* ever; when the window opened */
	uint64_t counted;	   /* in windows */
	bool thunk;		   /* an indirect call's: the function follows */
};

struct path {
	uint32_t parent, symbol;
	uint32_t first_child, next_sibling; /* 0: none */
	uint64_t self, told; /* in windows; in those before this one */
};

struct frame {
	uint64_t sp;   /* address of the return address */
	uint32_t path; /* UNNAMED: called, but not entered yet */
};

struct stack {
	uint64_t key;
	uint32_t depth;
	struct frame frames[DEPTH];
};

static struct symbol *symbols;
static uint32_t symbol_count;
static struct path *paths;
static uint32_t path_count, path_room;
static struct stack *stacks[STACKS];
static struct stack *current;
static uint64_t now, charged, opened; /* instructions: all, up to the last charge, at the start */
static bool inside;
static uint64_t window, window_size;
static unsigned long skip; /* windows that do not count */
static FILE *out;

static void die(const char *what)
{
	fprintf(stderr, "profile plugin: %s\n", what);
	exit(1);
}

static void *zeroed(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		die("no memory");
	return memory;
}

static void read_symbols(const char *name)
{
	FILE *file = fopen(name, "r");
	uint32_t room = 1 << 18;
	char text[512];
	unsigned long long address;

	if (!file)
		die("cannot open the file of symbols");
	symbols = zeroed(room, sizeof(*symbols));
	symbols[symbol_count++] = (struct symbol){ .name = "[restorer]" };
	while (symbol_count < room && fscanf(file, "%llx %511s", &address, text) == 2) {
		symbols[symbol_count++] = (struct symbol){
			.address = address,
			.name = strdup(text),
			.thunk = strstr(text, "indirect_thunk") != NULL,
		};
	}
	fclose(file);
}

static uint32_t symbol_at(uint64_t address)
{
	uint32_t low = 0, high = symbol_count;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (symbols[middle].address <= address)
			low = middle;
		else
			high = middle;
	}
	/* No function is longer; what is user code and far from one is the restorer's. */
	if (address < KERNEL_START && address - symbols[low].address > 1 << 20)
		return USER_RESTORER;
	return low;
}

static uint32_t child(uint32_t parent, uint32_t symbol)
{
	uint32_t i;

	for (i = paths[parent].first_child; i; i = paths[i].next_sibling)
		if (paths[i].symbol == symbol)
			return i;
	if (path_count == path_room) {
		path_room *= 2;
		paths = realloc(paths, path_room * sizeof(*paths));
		if (!paths)
			die("no memory");
	}
	paths[path_count] = (struct path){
		.parent = parent,
		.symbol = symbol,
		.next_sibling = paths[parent].first_child,
	};
	paths[parent].first_child = path_count;
	return path_count++;
}

/* Of the innermost frame that has a name. */
static uint32_t path_of(const struct stack *stack)
{
	uint32_t i = stack->depth;

	while (i--)
		if (stack->frames[i].path != UNNAMED)
			return stack->frames[i].path;
	return 0;
}

/* What ran since the last charge ran where we were. */
static void charge(void)
{
	if (current)
		paths[path_of(current)].self += now - charged;
	charged = now;
}

static void switch_to(uint64_t sp)
{
	uint64_t key = sp >> STACK_SHIFT;
	struct stack **place = &stacks[(key ^ key >> 12) % STACKS];

	if (current && current->key == key)
		return;
	if (!*place)
		*place = zeroed(1, sizeof(**place));
	current = *place;
	if (current->key != key)
		*current = (struct stack){ .key = key };
}

static void on_call(unsigned int cpu, uint32_t info, uint64_t sp, void *data)
{
	if (!inside || !qemu_plugin_mem_is_store(info))
		return;
	charge();
	switch_to(sp);
	while (current->depth && current->frames[current->depth - 1].sp <= sp)
		current->depth--;
	if (current->depth < DEPTH)
		current->frames[current->depth++] = (struct frame){ sp, UNNAMED };
}

/*
 * The stack is known from calls only: the emulator reports few of the reads. After
 * a switch of tasks the first return is charged to the wrong one; the next call
 * puts that right.
 */
static void on_return(unsigned int cpu, void *data)
{
	if (!inside || !current || !current->depth)
		return;
	charge();
	current->depth--;
}

static void on_entry(unsigned int cpu, void *data)
{
	uint32_t symbol = (uintptr_t)data;
	struct frame *top;

	if (!inside || !current || !current->depth)
		return;
	top = &current->frames[current->depth - 1];
	if (top->path != UNNAMED && !symbols[paths[top->path].symbol].thunk)
		return; /* a jump, not a call */
	charge();
	current->depth--;
	top->path = child(path_of(current), symbol);
	current->depth++;
}

static void on_open(unsigned int cpu, void *data)
{
	uint32_t i;

	if (skip) {
		skip--;
		return;
	}
	for (i = 0; i < STACKS; i++)
		if (stacks[i])
			stacks[i]->depth = 0;
	for (i = 0; i < symbol_count; i++)
		symbols[i].before = symbols[i].executed;
	current = NULL;
	inside = true;
	opened = charged = now;
}

static void on_close(unsigned int cpu, void *data)
{
	uint32_t i;

	if (!inside)
		return;
	charge();
	inside = false;
	fprintf(out, "window %llu\n", (unsigned long long)(now - opened));
	for (i = 0; i < symbol_count; i++) {
		uint64_t part = symbols[i].executed - symbols[i].before;

		if (part)
			fprintf(out, "part %llu %s\n", (unsigned long long)part, symbols[i].name);
		symbols[i].counted += part;
	}
	for (i = 1; i < path_count; i++) {
		if (paths[i].self != paths[i].told)
			fprintf(out, "at %u %llu\n", i,
				(unsigned long long)(paths[i].self - paths[i].told));
		paths[i].told = paths[i].self;
	}
}

static bool is_call(const uint8_t *bytes, size_t size)
{
	/* Calls of patched sites are padded with prefixes; REX names a register. */
	while (size > 2 && (*bytes == 0x2e || *bytes == 0x3e || (*bytes & 0xf0) == 0x40)) {
		bytes++;
		size--;
	}
	return *bytes == 0xe8 || (*bytes == 0xff && size > 1 && (bytes[1] & 0x38) == 0x10);
}

static void translate(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t count = qemu_plugin_tb_n_insns(tb);
	size_t i;

	for (i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const uint8_t *bytes = qemu_plugin_insn_data(insn);
		uint64_t address = qemu_plugin_insn_vaddr(insn);
		uint32_t symbol = symbol_at(address);

		qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &now, 1);
		qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64,
							   &symbols[symbol].executed, 1);
		if (address == window)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_open, CB_NO_REGS, NULL);
		else if (address - window < window_size && bytes[0] == 0xc3)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_close, CB_NO_REGS, NULL);
		if (address < KERNEL_START)
			continue;
		if (address == symbols[symbol].address)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_entry, CB_NO_REGS,
							       (void *)(uintptr_t)symbol);
		if (is_call(bytes, qemu_plugin_insn_size(insn)))
			qemu_plugin_register_vcpu_mem_cb(insn, on_call, CB_NO_REGS, MEM_W, NULL);
		else if (bytes[0] == 0xc3)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_return, CB_NO_REGS, NULL);
	}
}

static void finish(uint64_t id, void *data)
{
	uint32_t i;

	for (i = 0; i < symbol_count; i++)
		if (symbols[i].counted)
			fprintf(out, "self %llu %s\n", (unsigned long long)symbols[i].counted,
				symbols[i].name);
	for (i = 1; i < path_count; i++)
		fprintf(out, "path %u %u %llu %s\n", i, paths[i].parent,
			(unsigned long long)paths[i].self, symbols[paths[i].symbol].name);
	fclose(out);
}

__attribute__((visibility("default"))) int qemu_plugin_install(uint64_t id, const void *info,
							       int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "symbols=", 8))
			read_symbols(argv[i] + 8);
		else if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "w");
		else if (!strncmp(argv[i], "window=", 7))
			window = strtoull(argv[i] + 7, NULL, 0);
		else if (!strncmp(argv[i], "size=", 5))
			window_size = strtoull(argv[i] + 5, NULL, 0);
		else if (!strncmp(argv[i], "skip=", 5))
			skip = strtoul(argv[i] + 5, NULL, 0);
	}
	if (!symbols || !out || !window || !window_size)
		die("needs symbols=FILE, out=FILE, window=ADDRESS, size=BYTES");
	path_room = 1 << 16;
	paths = zeroed(path_room, sizeof(*paths));
	path_count = 1; /* 0: user code, and the kernel's entry */
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
