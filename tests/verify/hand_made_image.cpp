#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "image/writer.h"
#include "tests/verify/hand_made_tree.h"
#include "workloads/payload/payload.h"

namespace rb::test {
namespace {

constexpr std::uint64_t kPage = RBI_PAGE_SIZE;

FillPages pattern(std::uint64_t seed) {
  return [seed](std::span<std::byte> bytes) {
    for (std::size_t i = 0; i < bytes.size() / 8; ++i) {
      const std::uint64_t word = rbi_word(seed, i);
      std::memcpy(bytes.data() + i * 8, &word, 8);
    }
  };
}

void fill_code(std::span<std::byte> bytes) {
  const std::uint64_t magic = PAYLOAD_MAGIC;
  const Code code = waiting_code();
  std::memcpy(bytes.data(), &magic, sizeof magic);
  std::memcpy(bytes.data() + sizeof magic, code.start, code.size);
}

void add_mm(ImageWriter& writer, const Memory& memory) {
  rbi_mm mm{};
  mm.exe = RBI_NONE;
  mm.vma_first = static_cast<__u32>(writer.vmas.size());
  mm.run_first = writer.run_count();
  const auto vma = [&](std::uint64_t start, std::uint64_t pages, __u32 prot, __u32 kind,
                       __u32 flags = 0, __u32 backing = RBI_NONE, std::uint64_t offset = 0) {
    writer.vmas.push_back({start, start + pages * kPage, offset, prot, flags, kind, backing});
    ++mm.vma_count;
  };
  const auto run = [&](std::uint64_t address, std::uint64_t pages, FillPages fill) {
    writer.add_run(address, pages, std::move(fill));
    ++mm.run_count;
  };
  vma(PAYLOAD_CODE, 1, PROT_READ | PROT_EXEC, RBI_VMA_ANON);
  run(PAYLOAD_CODE, 1, fill_code);
  vma(PAYLOAD_REPORTS, 1, PROT_READ | PROT_WRITE, RBI_VMA_ANON);
  // Two VMAs that the kernel merges.
  vma(kPatternArea, 1, PROT_READ | PROT_WRITE, RBI_VMA_ANON);
  vma(kPatternArea + kPage, 3, PROT_READ | PROT_WRITE, RBI_VMA_ANON);
  run(kPatternArea, 1, pattern(memory.seed));
  run(kPatternArea + 2 * kPage, 1, pattern(memory.seed + 1));
  vma(kFileArea, 1, PROT_READ, RBI_VMA_FILE, 0, 2, kPage);
  vma(kShareArea, 2, PROT_READ | PROT_WRITE, RBI_VMA_SHMEM, RBI_VMA_SHARED, memory.backing);
  vma(kClosedArea, 1, PROT_NONE, RBI_VMA_ANON);
  run(kClosedArea, 1, pattern(memory.seed));
  vma(kLazyArea, 16, PROT_READ | PROT_WRITE, RBI_VMA_ANON, RBI_VMA_NORESERVE);
  writer.mms.push_back(mm);
}

void add_memory(ImageWriter& writer, const Files& files) {
  for (const Memory& memory : kMemory) add_mm(writer, memory);
  for (std::uint64_t i = 0; i < 2; ++i) {
    const auto run = writer.add_run(0, 1, pattern(kSharedSeed + i));
    writer.backings.push_back({RBI_BACKING_SHMEM, RBI_NONE, 2 * kPage, run, 1, 0, 0});
  }
  writer.backings.push_back(
      {RBI_BACKING_FILE, writer.add_string(files.data), 2 * kPage, writer.run_count(), 0, 0, 0});
}

void add_files(ImageWriter& writer, const Files& files) {
  const auto ofd = [&](__u32 kind, __u32 path, int flags, __u32 object, std::uint64_t offset) {
    writer.ofds.push_back({kind, path, static_cast<__u32>(flags), object, offset, 0, 0, 0, 0});
  };
  ofd(RBI_OFD_FILE, writer.add_string(files.data), O_RDWR, RBI_NONE, 100);
  ofd(RBI_OFD_DIRECTORY, writer.add_string(files.directory), O_RDONLY | O_DIRECTORY, RBI_NONE, 0);
  ofd(RBI_OFD_DEVICE, writer.add_string("/dev/null"), O_WRONLY, RBI_NONE, 0);
  ofd(RBI_OFD_PIPE_READ, RBI_NONE, O_RDONLY | O_NONBLOCK, 0, 0);
  ofd(RBI_OFD_PIPE_WRITE, RBI_NONE, O_WRONLY | O_NONBLOCK, 0, 0);
  ofd(RBI_OFD_SOCKET, RBI_NONE, O_RDWR, 0, 0);
  rbi_socket socket{};
  socket.family = AF_UNIX;
  socket.type = SOCK_STREAM;
  socket.state = RBI_SOCKET_LISTENING;
  socket.peer = RBI_NONE;
  socket.options = RBI_SOCKET_ABSTRACT;
  socket.backlog = 3;
  socket.path = writer.add_string("rb-verify-test");
  writer.sockets.push_back(socket);
  ofd(RBI_OFD_FILE, writer.add_string(files.data), O_RDONLY | O_APPEND, RBI_NONE, 7);
  const auto text = std::as_bytes(std::span(kPipeText, sizeof kPipeText - 1));
  writer.pipes.push_back({65536, static_cast<__u32>(text.size()), writer.add_bytes(text)});
  writer.files.push_back({0, 7});
  writer.files.push_back({7, 3});
  writer.fds = {{0, 0, 0, 0}, {1, 0, RBI_FD_CLOEXEC, 0},
                {2, 1, 0, 0}, {3, 2, 0, 0},
                {4, 3, 0, 0}, {5, 4, 0, 0},
                {6, 5, 0, 0},  // root's
                {0, 0, 0, 0}, {3, 6, 0, 0},
                {5, 4, 0, 0}};
}

void add_task(ImageWriter& writer, const char* name, __u32 group, __u32 mm, __u32 files, __u32 fs,
              __u32 sighand) {
  rbi_registers registers{};
  std::vector<std::byte> area(RBI_XSAVE_MIN);
  const __u32 mxcsr = 0x1f80;
  std::memcpy(area.data() + 24, &mxcsr, sizeof mxcsr);
  registers.rip = PAYLOAD_CODE + 8;
  registers.rsp = kPatternArea + 4 * kPage;
  registers.rflags = 0x202;
  registers.xfeatures = RBI_XFEATURES_LEGACY;
  registers.xstate = writer.add_xstate(area);
  registers.xstate_size = RBI_XSAVE_MIN;
  writer.registers.push_back(registers);

  rbi_task task{};
  const auto index = static_cast<__u32>(writer.tasks.size());
  task.pid = index + 2;
  task.group = group;
  task.mm = mm;
  task.files = files;
  task.fs = fs;
  task.sighand = sighand;
  task.registers = index;
  task.altstack_flags = SS_DISABLE;
  task.credentials = RBI_NONE;
  if (group == 0) task.blocked = 1u << (SIGHUP - 1) | 1u << (SIGINT - 1) | 1u << (SIGTERM - 1);
  std::strncpy(task.name, name, RBI_NAME_LEN - 1);
  writer.tasks.push_back(task);
}

void add_pending(ImageWriter& writer, int signal) {
  rbi_siginfo info{};
  info.signo = signal;
  info.code = SI_QUEUE;
  writer.pending.push_back(info);
}

}  // namespace

Image make_image(const Files& files) {
  ImageWriter writer;
  add_memory(writer, files);
  add_files(writer, files);
  const __u32 root = writer.add_string("/");
  writer.fs = {{writer.add_string(files.directory), root, 027, 0},
               {root, root, 022, 0},
               {writer.add_string(files.directory), root, 0, 0}};

  const __u64 handler = PAYLOAD_CODE + 8;
  const __u64 ignore = reinterpret_cast<std::uintptr_t>(SIG_IGN);
  constexpr __u64 kRestorer = 0x04000000;  // SA_RESTORER, sigaction(2)
  writer.actions = {{SIGUSR1, 0, ignore, kRestorer, handler, 0},
                    {SIGUSR2, 0, handler, kRestorer, handler, 0},
                    {SIGUSR2, 0, ignore, kRestorer, handler, 0},
                    {SIGUSR2, 0, handler, kRestorer, handler, 0},
                    {SIGUSR2, 0, ignore, kRestorer, handler, 0}};
  writer.sighands = {{0, 2}, {2, 1}, {3, 1}, {4, 1}};

  add_task(writer, "root", 0, 0, 0, 0, 0);
  add_task(writer, "worker", 0, 0, 0, 0, 0);
  add_task(writer, "a) b (c", 1, 1, 1, 1, 1);
  add_task(writer, "sharer", 2, 0, 0, 2, 2);
  add_task(writer, "leaf", 3, 2, 1, 1, 3);
  add_pending(writer, SIGHUP);
  add_pending(writer, SIGINT);
  add_pending(writer, SIGTERM);
  writer.tasks[0].pending_first = 0;
  writer.tasks[0].pending_count = 1;
  writer.tasks[1].pending_first = 1;
  writer.tasks[1].pending_count = 1;

  const auto group = [&](__u32 leader, __u32 parent, __u32 pgid, __u32 sid, __u32 exit_signal) {
    rbi_group record{};
    record.leader = leader;
    record.parent = parent;
    record.pgid = pgid;
    record.sid = sid;
    record.exit_signal = exit_signal;
    writer.groups.push_back(record);
  };
  group(0, RBI_NONE, 2, 2, SIGCHLD);
  group(2, 0, 4, 2, SIGCHLD);
  group(3, 0, 2, 2, SIGCHLD);
  group(4, 1, 6, 6, SIGUSR1);
  writer.groups[0].pending_first = 2;
  writer.groups[0].pending_count = 1;

  auto image = writer.to_image();
  if (!image) FAIL(describe(image.error()));
  return std::move(*image);
}

}  // namespace rb::test
