#include "workloads/synthetic/layout.h"

#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "workloads/fixtures.h"
#include "workloads/payload/payload_xstate.h"
#include "workloads/synthetic/pattern.h"
#include "workloads/synthetic/purposes.h"

namespace rb {
namespace {

constexpr std::uint32_t kRseqSize = 32;
constexpr std::uint32_t kRseqSignature = 0x53053053;  // glibc's RSEQ_SIG on x86-64
constexpr std::uint32_t kRobustListSize = 24;         // sizeof(struct robust_list_head)

payload_xstate initial_xstate(std::uint64_t seed) {
  payload_xstate area{};
  area.fcw = payload_fcw(seed);
  area.fsw = payload_fsw(seed);
  area.ftw = 0xff;
  area.mxcsr = payload_mxcsr(seed);
  area.mxcsr_mask = 0xffff;
  for (__u32 i = 0; i < 8; ++i) {
    area.st[i][0] = payload_st_mantissa(seed, i);
    area.st[i][1] = payload_st_exponent(seed, i);
  }
  for (__u32 i = 0; i < 32; ++i) {
    area.xmm[i / 2][i % 2] = payload_xmm(seed, i);
    area.ymm_high[i / 2][i % 2] = payload_ymm_high(seed, i);
  }
  area.xstate_bv = PAYLOAD_XFEATURES;
  return area;
}

}  // namespace

std::uint64_t initial_rflags(const SyntheticTree& tree, TaskId id) {
  constexpr std::uint64_t kFixed = 0x202;   // interrupts on; bit 1 is always set
  constexpr std::uint64_t kStatus = 0xcd5;  // CF PF AF ZF SF DF OF
  return kFixed | (tree.seed(kSeedRflags, static_cast<std::uint64_t>(id)) & kStatus);
}

std::uint64_t initial_gs_base(const SyntheticTree& tree, TaskId id) {
  // Most programs never set it, so half of the tasks have none.
  if (static_cast<std::uint32_t>(id) % 2 == 0) return 0;
  return tree.seed(kSeedGsBase, static_cast<std::uint64_t>(id)) & 0x3ffffffff000;
}

rbi_siginfo queued_siginfo(const QueuedSignal& signal) {
  rbi_siginfo info{};
  info.signo = signal.signal;
  info.code = SI_QUEUE;
  info.fields[1] = signal.value;  // after si_pid and si_uid, both 0
  return info;
}

bool ImageLayout::is_leader(TaskId id) const {
  return at(tree_.groups_, at(tree_.tasks_, id).group).leader == id;
}

void ImageLayout::number_objects() {
  const auto first = [](auto& users, std::uint32_t at, TaskId id) {
    if (at == users.size()) users.push_back(id);
  };
  for (std::uint32_t i = 0; i < tree_.tasks_.size(); ++i) {
    const SyntheticTask& task = tree_.tasks_[i];
    const std::uint32_t mm = mms_.use(task.mm);
    if (mm == users_.size()) users_.emplace_back();
    users_[mm].push_back(TaskId(i));
    first(first_files_user_, files_.use(task.files), TaskId(i));
    first(first_fs_user_, fs_.use(task.fs), TaskId(i));
    first(first_sighand_user_, sighands_.use(task.sighand), TaskId(i));
  }
  stack_page_.resize(tree_.tasks_.size());
  altstack_.resize(tree_.tasks_.size());
  check_block_.resize(tree_.tasks_.size());
  pipe_taken_.resize(tree_.pipes_.size());
}

void ImageLayout::write_pending(const std::vector<QueuedSignal>& queue) {
  for (const QueuedSignal& signal : queue) writer_.pending.push_back(queued_siginfo(signal));
}

void ImageLayout::write_tasks() {
  for (std::uint32_t i = 0; i < tree_.tasks_.size(); ++i) {
    const SyntheticTask& from = tree_.tasks_[i];
    const std::uint64_t page = stack_page_[i];
    rbi_task task{};
    task.pid = SyntheticTree::pid(TaskId(i));
    task.group = static_cast<std::uint32_t>(from.group);
    task.mm = mms_.use(from.mm);
    task.files = files_.use(from.files);
    task.fs = fs_.use(from.fs);
    task.sighand = sighands_.use(from.sighand);
    task.registers = i;
    task.pending_first = static_cast<std::uint32_t>(writer_.pending.size());
    task.pending_count = static_cast<std::uint32_t>(from.pending.size());
    write_pending(from.pending);
    task.blocked = from.blocked;
    task.robust_list = page + PAYLOAD_TCB_ROBUST;
    task.robust_list_len = kRobustListSize;
    task.clear_child_tid = page + PAYLOAD_TCB_TID;
    task.rseq = page + PAYLOAD_TCB_RSEQ;
    task.rseq_len = kRseqSize;
    task.rseq_sig = kRseqSignature;
    task.credentials = RBI_NONE;
    task.altstack_sp = altstack_[i];
    task.altstack_size = altstack_[i] == 0 ? 0 : kAltstackSize;
    task.altstack_flags = altstack_[i] == 0 ? SS_DISABLE : 0;
    std::memcpy(task.name, from.name.data(),
                std::min<std::size_t>(from.name.size(), RBI_NAME_LEN - 1));
    writer_.tasks.push_back(task);
    write_registers(TaskId(i));
  }
}

void ImageLayout::write_registers(TaskId id) {
  const std::uint64_t seed = tree_.seed(kSeedRegisters, index(id));
  rbi_registers registers{};
  __u64* const fields[] = {&registers.r15, &registers.r14, &registers.r13, &registers.r12,
                           &registers.rbp, &registers.rbx, &registers.r11, &registers.r10,
                           &registers.r9,  &registers.r8,  &registers.rax, &registers.rcx,
                           &registers.rdx, &registers.rsi, &registers.rdi};
  for (std::size_t i = 0; i < std::size(fields); ++i) *fields[i] = rbi_word(seed, i);
  registers.rip = PAYLOAD_ENTRY;
  registers.rflags = initial_rflags(tree_, id);
  registers.rsp = stack_page(id) + PAYLOAD_RSP;
  registers.fs_base = stack_page(id) + PAYLOAD_TCB;
  registers.gs_base = initial_gs_base(tree_, id);
  registers.xfeatures = PAYLOAD_XFEATURES;
  const payload_xstate area = initial_xstate(tree_.seed(kSeedXstate, index(id)));
  registers.xstate = writer_.add_xstate(std::as_bytes(std::span(&area, 1)));
  registers.xstate_size = sizeof area;
  writer_.registers.push_back(registers);
}

void ImageLayout::write_groups() {
  for (const SyntheticGroup& from : tree_.groups_) {
    rbi_group group{};
    group.leader = index(from.leader);
    group.parent = from.parent ? static_cast<std::uint32_t>(*from.parent) : RBI_NONE;
    group.pgid = from.pgid;
    group.sid = from.sid;
    group.exit_signal = SIGCHLD;
    group.pending_first = static_cast<std::uint32_t>(writer_.pending.size());
    group.pending_count = static_cast<std::uint32_t>(from.pending.size());
    write_pending(from.pending);
    std::copy(from.itimers.begin(), from.itimers.end(), group.itimers);
    group.timer_first = static_cast<std::uint32_t>(writer_.timers.size());
    group.timer_count = static_cast<std::uint32_t>(from.timers.size());
    writer_.timers.insert(writer_.timers.end(), from.timers.begin(), from.timers.end());
    writer_.groups.push_back(group);
  }
}

void ImageLayout::write_files() {
  for (const FilesId id : files_.used()) {
    const FilesTable& table = at(tree_.files_, id);
    writer_.files.push_back({.fd_first = static_cast<std::uint32_t>(writer_.fds.size()),
                             .fd_count = static_cast<std::uint32_t>(table.fds.size())});
    for (const FdEntry& entry : table.fds) {
      writer_.fds.push_back({.fd = entry.fd,
                             .ofd = ofds_.use(entry.ofd),
                             .flags = entry.cloexec ? RBI_FD_CLOEXEC : 0u,
                             .reserved = 0});
    }
  }
}

/// A listening Unix socket with an abstract name. @return its index
std::uint32_t ImageLayout::write_socket(const Description& from) {
  rbi_socket socket{};
  socket.family = AF_UNIX;
  socket.type = SOCK_STREAM;
  socket.state = RBI_SOCKET_LISTENING;
  socket.peer = RBI_NONE;
  socket.options = RBI_SOCKET_ABSTRACT;
  socket.backlog = from.backlog;
  socket.path = writer_.add_string(from.path);
  writer_.sockets.push_back(socket);
  return static_cast<std::uint32_t>(writer_.sockets.size() - 1);
}

void ImageLayout::write_ofds() {
  for (const OfdId id : ofds_.used()) {
    const Description& from = at(tree_.ofds_, id);
    rbi_ofd ofd{};
    ofd.kind = static_cast<std::uint32_t>(from.kind);
    const bool named = !from.path.empty() && from.kind != RBI_OFD_SOCKET;
    ofd.path = named ? writer_.add_string(from.path) : RBI_NONE;
    ofd.flags = from.flags;
    ofd.object = from.pipe ? pipes_.use(*from.pipe) : RBI_NONE;
    ofd.offset = from.offset;
    if (from.kind == RBI_OFD_SOCKET) ofd.object = write_socket(from);
    writer_.ofds.push_back(ofd);
  }
  for (const PipeId id : pipes_.used()) {
    const Pipe& from = at(tree_.pipes_, id);
    std::vector<std::byte> bytes(from.size);
    fill_pattern(bytes, from.seed);
    writer_.pipes.push_back(
        {.capacity = from.capacity, .data_size = from.size, .data = writer_.add_bytes(bytes)});
  }
}

void ImageLayout::write_fs() {
  for (const FsId id : fs_.used()) {
    const SyntheticFs& from = at(tree_.fs_, id);
    writer_.fs.push_back({.cwd = writer_.add_string(from.cwd),
                          .root = writer_.add_string("/"),
                          .umask = from.umask,
                          .reserved = 0});
  }
}

void ImageLayout::write_sighands() {
  for (const SighandId id : sighands_.used()) {
    const auto& actions = at(tree_.sighands_, id).actions;
    writer_.sighands.push_back({.action_first = static_cast<std::uint32_t>(writer_.actions.size()),
                                .action_count = static_cast<std::uint32_t>(actions.size())});
    writer_.actions.insert(writer_.actions.end(), actions.begin(), actions.end());
  }
}

void ImageLayout::write_fixtures() {
  if (tree_.fixtures_.empty()) return;
  writer_.fixtures.push_back({.kind = RBI_FIXTURE_DIRECTORY,
                              .path = writer_.add_string(kFixtureDirectory),
                              .mode = 0700,
                              .reserved = 0,
                              .size = 0,
                              .seed = 0});
  for (const auto& from : tree_.fixtures_) {
    writer_.fixtures.push_back({.kind = static_cast<std::uint32_t>(from.kind),
                                .path = writer_.add_string(from.path),
                                .mode = from.kind == RBI_FIXTURE_DIRECTORY ? 0700u : 0600u,
                                .reserved = 0,
                                .size = from.size,
                                .seed = from.seed});
  }
}

void ImageLayout::run() {
  number_objects();
  for (const MmId id : mms_.used()) write_mm(id);
  write_backings();
  write_tasks();
  write_groups();
  write_files();
  write_ofds();
  write_fs();
  write_sighands();
  write_fixtures();
}

void SyntheticTree::write(ImageWriter& writer) const { ImageLayout(*this, writer).run(); }

}  // namespace rb
