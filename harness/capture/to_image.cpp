#include "harness/capture/to_image.h"

#include <algorithm>
#include <cstring>

namespace rb::capture {
namespace {

// Of proc_pid_stat(5).
constexpr unsigned kPgrpField = 5;
constexpr unsigned kSessionField = 6;
constexpr unsigned kExitSignalField = 38;
constexpr unsigned kExitCodeField = 52;
constexpr std::uint64_t kCoreDumped = 0x80;  // of a wait status

constexpr std::uint32_t kRobustListHead = 24;  // struct robust_list_head, linux/futex.h

class Adder {
 public:
  Adder(const FoundTree& found, ImageWriter& writer) : found_(found), writer_(writer) {}

  void add() {
    for (const FoundTask& task : found_.tasks) add_task(task);
    for (const FoundProcess& process : found_.processes) add_group(process);
    for (const FoundZombie& zombie : found_.zombies) add_zombie(zombie);
    for (const FoundCredentials& credentials : found_.credentials) add_credentials(credentials);
    for (const auto& table : found_.files) add_table(table);
    for (const FoundDescription& description : found_.descriptions) add_description(description);
    for (const FoundPipe& pipe : found_.pipes) {
      writer_.pipes.push_back(
          {pipe.capacity, static_cast<__u32>(pipe.data.size()), writer_.add_bytes(pipe.data)});
    }
    for (const FoundPty& pty : found_.ptys) add_pty(pty);
    for (const FoundSocket& socket : found_.sockets) add_socket(socket);
    writer_.events = found_.events;
    writer_.epoll_items = found_.epoll_items;
    for (const FoundWatch& watch : found_.watches) {
      writer_.watches.push_back(
          {watch.inotify, watch.number, watch.mask, writer_.add_string(watch.path)});
    }
    writer_.locks = found_.locks;
    for (const FoundFs& fs : found_.fs) {
      writer_.fs.push_back({writer_.add_string(fs.cwd), writer_.add_string(fs.root), fs.umask, 0});
    }
    for (const auto& actions : found_.sighands) {
      writer_.sighands.push_back(
          {static_cast<__u32>(writer_.actions.size()), static_cast<__u32>(actions.size())});
      writer_.actions.insert(writer_.actions.end(), actions.begin(), actions.end());
    }
  }

 private:
  void add_task(const FoundTask& from);
  void add_group(const FoundProcess& from);
  void add_zombie(const FoundZombie& from);
  void add_credentials(const FoundCredentials& from);
  void add_table(const std::vector<FoundFd>& table);
  void add_description(const FoundDescription& from);
  void add_pty(const FoundPty& from);
  void add_socket(const FoundSocket& from);
  [[nodiscard]] std::uint32_t inside(std::uint64_t id) const;

  const FoundTree& found_;
  ImageWriter& writer_;
};

void Adder::add_task(const FoundTask& from) {
  std::vector<std::byte> xstate = from.cpu.xstate;
  rbi_registers registers = make_registers(resumed_elsewhere(from.cpu.general), xstate);
  registers.xstate = writer_.add_xstate(xstate);

  rbi_task task{};
  task.pid = static_cast<__u32>(from.tid);
  task.group = static_cast<__u32>(from.process);
  task.mm = from.mm;
  task.files = from.files;
  task.fs = from.fs;
  task.sighand = from.sighand;
  task.registers = static_cast<__u32>(writer_.registers.size());
  task.pending_first = static_cast<__u32>(writer_.pending.size());
  task.pending_count = static_cast<__u32>(from.pending.size());
  task.blocked = from.blocked;
  task.robust_list = from.robust_list;
  task.robust_list_len = from.robust_list == 0 ? 0 : kRobustListHead;
  task.clear_child_tid = from.clear_child_tid;
  task.rseq = from.rseq;
  task.rseq_len = from.rseq_length;
  task.rseq_sig = from.rseq_signature;
  task.altstack_sp = from.altstack;
  task.altstack_size = from.altstack_size;
  task.altstack_flags = from.altstack_flags;
  task.credentials = from.credentials ? static_cast<__u32>(*from.credentials) : RBI_NONE;
  std::memcpy(task.name, from.name.data(),
              std::min(from.name.size(), std::size_t{RBI_NAME_LEN - 1}));
  writer_.registers.push_back(registers);
  writer_.pending.insert(writer_.pending.end(), from.pending.begin(), from.pending.end());
  writer_.tasks.push_back(task);
}

/// A process group or session of the tree; 0 for one that began outside of it.
std::uint32_t Adder::inside(std::uint64_t id) const {
  const bool founded = std::any_of(
      found_.processes.begin(), found_.processes.end(),
      [id](const FoundProcess& process) { return static_cast<std::uint64_t>(process.pid) == id; });
  return founded ? static_cast<std::uint32_t>(id) : 0;
}

void Adder::add_group(const FoundProcess& from) {
  rbi_group group{};
  group.leader = static_cast<__u32>(from.first_task);
  group.parent = from.parent ? static_cast<__u32>(*from.parent) : RBI_NONE;
  // The founder of a process group may be gone, as of a pipeline whose first command is
  // through; in a session of the tree the group is one of the tree, too.
  group.sid = inside(from.stat.field[kSessionField]);
  group.pgid = group.sid != 0 ? static_cast<__u32>(from.stat.field[kPgrpField])
                              : inside(from.stat.field[kPgrpField]);
  group.exit_signal = static_cast<__u32>(from.stat.field[kExitSignalField]);
  group.pending_first = static_cast<__u32>(writer_.pending.size());
  group.pending_count = static_cast<__u32>(from.pending.size());
  group.limit_first = static_cast<__u32>(writer_.limits.size());
  group.limit_count = static_cast<__u32>(from.limits.size());
  writer_.limits.insert(writer_.limits.end(), from.limits.begin(), from.limits.end());
  group.timer_first = static_cast<__u32>(writer_.timers.size());
  group.timer_count = static_cast<__u32>(from.timers.size());
  writer_.timers.insert(writer_.timers.end(), from.timers.begin(), from.timers.end());
  if (from.subreaper) group.flags |= RBI_GROUP_SUBREAPER;
  if (from.has_terminal) group.flags |= RBI_GROUP_TERMINAL;
  if (from.oom_score) {
    group.flags |= RBI_GROUP_OOM_SCORE_ADJ;
    group.oom_score_adj = *from.oom_score;
  }
  std::copy(from.itimers.begin(), from.itimers.end(), group.itimers);
  writer_.pending.insert(writer_.pending.end(), from.pending.begin(), from.pending.end());
  writer_.groups.push_back(group);
}

/// It leads its own session and group, or is in its parent's.
void Adder::add_zombie(const FoundZombie& from) {
  const rbi_group& parent = writer_.groups[from.parent];
  const auto pid = static_cast<__u32>(from.pid);
  rbi_zombie zombie{};
  zombie.pid = pid;
  zombie.parent = static_cast<__u32>(from.parent);
  zombie.sid = from.stat.field[kSessionField] == pid ? pid : parent.sid;
  zombie.pgid = from.stat.field[kPgrpField] == pid ? pid : parent.pgid;
  zombie.exit_signal = static_cast<__u32>(from.stat.field[kExitSignalField]);
  zombie.status = static_cast<__u32>(from.stat.field[kExitCodeField] & ~kCoreDumped);
  std::memcpy(zombie.name, from.stat.comm.data(),
              std::min(from.stat.comm.size(), std::size_t{RBI_NAME_LEN - 1}));
  writer_.zombies.push_back(zombie);
}

void Adder::add_credentials(const FoundCredentials& from) {
  rbi_credentials credentials = from.record;
  credentials.gid_first = static_cast<__u32>(writer_.gids.size());
  credentials.gid_count = static_cast<__u32>(from.gids.size());
  for (const std::uint32_t gid : from.gids) writer_.gids.push_back({gid});
  writer_.credentials.push_back(credentials);
}

void Adder::add_table(const std::vector<FoundFd>& table) {
  writer_.files.push_back(
      {static_cast<__u32>(writer_.fds.size()), static_cast<__u32>(table.size())});
  for (const FoundFd& fd : table) {
    writer_.fds.push_back({fd.number, fd.description, fd.close_on_exec ? RBI_FD_CLOEXEC : 0, 0});
  }
}

void Adder::add_description(const FoundDescription& from) {
  rbi_ofd ofd{};
  ofd.kind = from.kind;
  ofd.path = from.path.empty() ? RBI_NONE : writer_.add_string(from.path);
  ofd.flags = from.flags;
  ofd.flock = from.flock;
  ofd.owner = from.owner;
  ofd.signal = from.signal;
  ofd.object = from.object.value_or(RBI_NONE);
  ofd.offset = from.offset;
  writer_.ofds.push_back(ofd);
}

void Adder::add_pty(const FoundPty& from) {
  rbi_pty pty = from.record;
  std::vector<std::byte> data = from.input;
  data.insert(data.end(), from.output.begin(), from.output.end());
  pty.input_size = static_cast<__u32>(from.input.size());
  pty.data_size = static_cast<__u32>(data.size());
  pty.data = writer_.add_bytes(data);
  writer_.ptys.push_back(pty);
}

void Adder::add_socket(const FoundSocket& from) {
  rbi_socket socket = from.record;
  if (!from.path.empty()) socket.path = writer_.add_string(from.path);
  if (!from.unread.empty()) {
    writer_.messages.push_back({static_cast<__u32>(writer_.sockets.size()),
                                static_cast<__u32>(from.unread.size()),
                                writer_.add_bytes(from.unread)});
  }
  writer_.sockets.push_back(socket);
}

}  // namespace

void add_records(const FoundTree& found, ImageWriter& writer) { Adder(found, writer).add(); }

}  // namespace rb::capture
