#include "harness/capture/descriptors.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <string_view>
#include <tuple>

#include "harness/capture/events.h"
#include "harness/capture/kept_files.h"
#include "harness/capture/locks.h"
#include "harness/capture/pipes.h"
#include "harness/capture/ptys.h"
#include "harness/capture/sockets.h"
#include "harness/capture/watches.h"
#include "harness/verify/kcmp.h"
#include "harness/verify/proc_files.h"

namespace rb::capture {
namespace {

constexpr std::uint32_t kLargeFile = 0100000;  // the kernel's; 0 in glibc
constexpr std::uint32_t kCloseOnExec = O_CLOEXEC;
constexpr std::uint32_t kFileFlags =
    O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC | O_DIRECT | O_NOATIME | O_NOFOLLOW | kLargeFile;
constexpr std::uint32_t kDirectoryFlags =
    O_NONBLOCK | O_NOATIME | O_NOFOLLOW | O_DIRECTORY | kLargeFile;
constexpr std::uint32_t kPipeFlags = O_ACCMODE | O_NONBLOCK | kLargeFile;  // and events
constexpr std::uint32_t kSocketFlags = kPipeFlags | O_ASYNC;
constexpr std::uint32_t kFifoFlags = kPipeFlags | O_NOFOLLOW;

bool is_pipe(const FoundDescription& description) {
  return description.kind == RBI_OFD_PIPE_READ || description.kind == RBI_OFD_PIPE_WRITE;
}

/// A descriptor as /proc shows it.
struct Seen {
  KernelObject object;  ///< the task's pid and the number
  std::size_t table = 0;
  std::size_t task = 0;
  std::string link;
  struct stat status {};
  ProcFdInfo info;
  std::string fdinfo;  ///< the text
  std::vector<FileLock> locks;
  std::uint32_t description = RBI_NONE;

  /// Descriptors of one description agree in that.
  [[nodiscard]] auto key() const {
    return std::tie(status.st_dev, status.st_ino, link, info.offset);
  }
};

class Descriptors {
 public:
  Descriptors(FoundTree& found, Refusals& refusals) : found_(found), refusals_(refusals) {}

  Status find() {
    const auto users = found_.users(&FoundTask::files, found_.files.size());
    for (std::size_t table = 0; table < users.size(); ++table) {
      RB_TRY(read_table(table, users[table]));
    }
    RB_TRY(number_descriptions());
    RB_TRY(find_slaves());
    for (const Seen& seen : seen_) {
      found_.files[seen.table].push_back(
          {seen.object.fd, seen.description, (seen.info.flags & kCloseOnExec) != 0});
    }
    for (const FoundPipe& pipe : found_.pipes) refuse_outside(pipe);
    connect_pairs(found_, refusals_);
    find_watched();
    find_locks();
    return {};
  }

 private:
  Status read_table(std::size_t table, std::size_t user);
  Status number_descriptions();
  Status add_description(const Seen& seen);
  Status add_file(const Seen& seen, FoundDescription& description);
  Status add_pipe_end(const Seen& seen, FoundDescription& description);
  Status add_fifo(const Seen& seen, FoundDescription& description);
  Status add_pipe(const Seen& seen, FoundDescription& description);
  Status add_inotify(const Seen& seen, FoundDescription& description);
  Status add_socket(const Seen& seen, FoundDescription& description);
  [[nodiscard]] Fd copy_of(const Seen& seen) const;
  void read_owner(int fd, const Seen& seen, FoundDescription& description);
  Status add_event(const Seen& seen, FoundDescription& description);
  Status add_terminal(const Seen& seen, FoundDescription& description);
  Status find_slaves();
  void find_watched();
  void find_locks();
  void refuse_outside(const FoundPipe& pipe);
  void keep_flags(const Seen& seen, std::uint32_t kept, FoundDescription& description);
  void check_path(const Seen& seen);

  [[nodiscard]] std::string who(const Seen& seen) const {
    return fmt::format("{} fd {} ({})", found_.tasks[seen.task].who, seen.object.fd, seen.link);
  }
  [[nodiscard]] std::string link_of(const Seen& seen) const {
    return fmt::format("{}/fd/{}", found_.directory(found_.tasks[seen.task]), seen.object.fd);
  }

  FoundTree& found_;
  Refusals& refusals_;
  std::vector<Seen> seen_;
  std::vector<std::pair<std::uint32_t, const Seen*>> terminals_;  // by description
};

Status Descriptors::read_table(std::size_t table, std::size_t user) {
  const FoundTask& task = found_.tasks[user];
  const std::string directory = found_.directory(task);
  const auto numbers = list_numbers(directory + "/fd");
  if (!numbers) return fail_errno("cannot list descriptors of " + task.who, numbers.error());
  for (const std::uint32_t number : *numbers) {
    Seen seen;
    seen.object = {static_cast<std::uint32_t>(task.tid), number};
    seen.table = table;
    seen.task = user;
    const std::string path = fmt::format("{}/fd/{}", directory, number);
    const auto link = read_link(path);
    const auto info_text = read_whole_file(fmt::format("{}/fdinfo/{}", directory, number));
    const auto info = info_text ? parse_fdinfo(*info_text) : std::nullopt;
    if (!link || !info || ::stat(path.c_str(), &seen.status) != 0) {
      return fail_errno(fmt::format("cannot look at fd {} of {}", number, task.who),
                        link ? (info ? errno : EPROTO) : link.error());
    }
    seen.link = *link;
    seen.info = *info;
    if (info_text->find("\nlock:") != std::string::npos) seen.locks = parse_locks(*info_text);
    // Others are of no use beyond that: ten thousand descriptors may be open.
    if (seen.link.starts_with("anon_inode:")) seen.fdinfo = *info_text;
    seen_.push_back(std::move(seen));
  }
  return {};
}

/// Which descriptors have a description in common: kcmp(2) among those that could.
Status Descriptors::number_descriptions() {
  std::vector<Seen*> order;
  for (Seen& seen : seen_) order.push_back(&seen);
  std::stable_sort(order.begin(), order.end(),
                   [](const Seen* a, const Seen* b) { return a->key() < b->key(); });
  struct Entry {
    KernelObject object;
    Seen* seen;
  };
  Kcmp kcmp(KCMP_FILE);
  std::map<const Seen*, Seen*> first_of;
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && order[end]->key() == order[begin]->key()) ++end;
    std::vector<Entry> entries;
    for (std::size_t i = begin; i < end; ++i) entries.push_back({order[i]->object, order[i]});
    if (entries.size() > 1) kcmp.sort(entries);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const bool same = i > 0 && kcmp.same(entries[i - 1].object, entries[i].object);
      first_of[entries[i].seen] = same ? first_of[entries[i - 1].seen] : entries[i].seen;
    }
    begin = end;
  }
  RB_TRY(kcmp.usable());
  for (Seen& seen : seen_) {
    Seen& first = *first_of[&seen];
    if (first.description == RBI_NONE) {
      first.description = static_cast<std::uint32_t>(found_.descriptions.size());
      RB_TRY(add_description(seen));
    }
    seen.description = first.description;
  }
  return {};
}

/// Keeps the flags that an image has a place for, and refuses others.
void Descriptors::keep_flags(const Seen& seen, std::uint32_t kept, FoundDescription& description) {
  std::uint32_t flags = seen.info.flags & ~kCloseOnExec;
  if ((flags & O_TMPFILE) == O_TMPFILE) flags &= ~std::uint32_t{O_TMPFILE};  // a deleted file
  description.flags =
      flags & kept & ~(kept == kPipeFlags || kept == kSocketFlags ? kLargeFile : 0u);
  if ((flags & O_PATH) != 0) {
    refusals_.add("{} was opened with O_PATH: close it", who(seen));
  } else if ((flags & ~kept & O_ASYNC) != 0) {
    refusals_.add("{} sends signals (O_ASYNC): switch that off", who(seen));
  } else if ((flags & ~kept) != 0) {
    refusals_.add("{} has flags that cannot be restored ({:#o})", who(seen), flags & ~kept);
  }
}

/// A file can be opened again only by its name.
void Descriptors::check_path(const Seen& seen) {
  if (seen.link.ends_with(" (deleted)")) {
    refusals_.add("{} has no name any more: its contents would be lost", who(seen));
    return;
  }
  struct stat named {};
  if (::stat(seen.link.c_str(), &named) != 0 || named.st_dev != seen.status.st_dev ||
      named.st_ino != seen.status.st_ino) {
    refusals_.add("{} is another file by that name now", who(seen));
  }
}

Status Descriptors::add_description(const Seen& seen) {
  FoundDescription description;
  description.offset = seen.info.offset;
  for (const FileLock& lock : seen.locks) {
    if (lock.kind == LockKind::kFlock) {
      description.flock = lock.exclusive ? RBI_FLOCK_EXCLUSIVE : RBI_FLOCK_SHARED;
    } else if (lock.kind == LockKind::kOther) {
      refusals_.add("{} has a lease: an image cannot hold it", who(seen));
    }
  }
  switch (seen.status.st_mode & S_IFMT) {
    case S_IFREG:
      RB_TRY(add_file(seen, description));
      break;
    case S_IFDIR:
      description.kind = RBI_OFD_DIRECTORY;
      description.path = seen.link;
      keep_flags(seen, kDirectoryFlags, description);
      check_path(seen);
      break;
    case S_IFCHR: {
      description.kind = RBI_OFD_DEVICE;
      description.path = seen.link;
      keep_flags(seen, kFileFlags, description);
      // /dev/null and its like, and terminals: what they are is all in their name.
      const unsigned major = ::major(seen.status.st_rdev);
      const bool memory = major == 1;
      const bool terminal = major == 4 || major == 5 || is_pty_major(major);
      if (is_pty_major(major) || major == kTtyMajor) {
        // Whose master is in the tree is known only when all have been seen.
        RB_TRY(add_terminal(seen, description));
      } else {
        check_path(seen);
      }
      if (!memory && !terminal) {
        refusals_.add("{} is a device with a state of its own: close it", who(seen));
      }
      break;
    }
    case S_IFIFO:
      RB_TRY(add_pipe_end(seen, description));
      break;
    case S_IFSOCK:
      RB_TRY(add_socket(seen, description));
      break;
    default:
      RB_TRY(add_event(seen, description));
  }
  found_.descriptions.push_back(std::move(description));
  return {};
}

Status Descriptors::add_file(const Seen& seen, FoundDescription& description) {
  keep_flags(seen, kFileFlags, description);
  description.kind = RBI_OFD_FILE;
  description.path = seen.link;
  if (!is_kept_file(seen.link)) {
    check_path(seen);
    return {};
  }
  description.path.clear();
  const auto kept = keep_file(found_, seen.link, link_of(seen), who(seen), refusals_);
  if (!kept) return tl::unexpected<Error>(kept.error());
  if (!*kept) return {};
  description.object = *kept;
  const bool memfd = found_.kept_files[**kept].memfd;
  description.kind = memfd ? RBI_OFD_MEMFD : RBI_OFD_DELETED;
  if (memfd && !seen.locks.empty()) {
    refusals_.add("{} is locked: an image cannot hold locks of a memfd", who(seen));
  }
  return {};
}

/// The very description.
Fd Descriptors::copy_of(const Seen& seen) const {
  const auto& task = found_.tasks[seen.task];
  const Fd process(
      static_cast<int>(::syscall(SYS_pidfd_open, found_.processes[task.process].pid, 0)));
  return Fd(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), seen.object.fd, 0)));
}

Status Descriptors::add_socket(const Seen& seen, FoundDescription& description) {
  keep_flags(seen, kSocketFlags, description);
  description.kind = RBI_OFD_SOCKET;
  description.offset = 0;
  description.object = static_cast<std::uint32_t>(found_.sockets.size());
  const Fd fd = copy_of(seen);
  if (!fd.valid()) return fail_errno("cannot look into " + who(seen));
  read_owner(fd.get(), seen, description);
  FoundSocket socket;
  RB_TRY(read_socket(fd.get(), seen.status.st_ino, who(seen), socket, refusals_));
  found_.sockets.push_back(std::move(socket));
  return {};
}

/// Who gets SIGIO, fcntl(2): F_SETOWN, F_SETSIG.
void Descriptors::read_owner(int fd, const Seen& seen, FoundDescription& description) {
  f_owner_ex owner{};
  if (::fcntl(fd, F_GETOWN_EX, &owner) != 0 || owner.pid == 0) return;
  const bool inside =
      std::any_of(found_.processes.begin(), found_.processes.end(),
                  [&](const FoundProcess& process) { return process.pid == owner.pid; });
  if (!inside) {
    refusals_.add("{} sends signals to {}, which is no process of the tree", who(seen), owner.pid);
    return;
  }
  description.owner = owner.type == F_OWNER_PGRP ? -owner.pid : owner.pid;
  const int signal = ::fcntl(fd, F_GETSIG);
  if (signal > 0) description.signal = static_cast<std::uint32_t>(signal);
}

/// The master of a pseudo-terminal; or a terminal, which may be the slave of one.
Status Descriptors::add_terminal(const Seen& seen, FoundDescription& description) {
  const auto number = static_cast<std::uint32_t>(found_.descriptions.size());
  if (!is_multiplexer(seen.status.st_rdev)) {
    terminals_.emplace_back(number, &seen);
    return {};
  }
  description.kind = RBI_OFD_PTY_MASTER;
  description.offset = 0;
  description.object = static_cast<std::uint32_t>(found_.ptys.size());
  FoundPty pty;
  pty.who = who(seen);
  pty.master = copy_of(seen);
  if (!pty.master.valid()) return fail_errno("cannot look into " + pty.who);
  RB_TRY(read_master(seen.link, pty, refusals_));
  found_.ptys.push_back(std::move(pty));
  return {};
}

Status Descriptors::find_slaves() {
  for (const auto& [number, seen] : terminals_) {
    const Fd fd = copy_of(*seen);
    if (!fd.valid()) return fail_errno("cannot look into " + who(*seen));
    const auto pty = slave_of(found_, fd.get(), seen->link, who(*seen), refusals_);
    if (!pty) {
      check_path(*seen);
      continue;
    }
    FoundDescription& description = found_.descriptions[number];
    description.kind = RBI_OFD_PTY_SLAVE;
    description.offset = 0;
    description.object = *pty;
    if ((found_.ptys[*pty].record.flags & RBI_PTY_HUNG_UP) != 0) {
      description.path = slave_path(found_.ptys[*pty]);
    } else {
      check_path(*seen);
    }
  }
  return finish_ptys(found_, refusals_);
}

/// What has no file behind it.
Status Descriptors::add_event(const Seen& seen, FoundDescription& description) {
  description.offset = 0;
  if (seen.link == "anon_inode:inotify") return add_inotify(seen, description);
  if (seen.link == "anon_inode:[eventpoll]") {
    keep_flags(seen, kPipeFlags, description);
    description.kind = RBI_OFD_EPOLL;
    return {};
  }
  const auto event = parse_event(seen.link, seen.fdinfo);
  if (!event) {
    refusals_.add("{} is of a kind that an image cannot hold", who(seen));
    return {};
  }
  keep_flags(seen, kPipeFlags, description);
  description.kind = event->kind;
  description.object = static_cast<std::uint32_t>(found_.events.size());
  found_.events.push_back(event->record);
  return {};
}

Status Descriptors::add_inotify(const Seen& seen, FoundDescription& description) {
  keep_flags(seen, kPipeFlags, description);
  description.kind = RBI_OFD_INOTIFY;
  const Fd fd = copy_of(seen);
  int unread = 0;
  if (!fd.valid() || ::ioctl(fd.get(), FIONREAD, &unread) != 0) {
    return fail_errno("cannot look into " + who(seen));
  }
  if (unread != 0) {
    refusals_.add("{} has unread events: try again when they have been read", who(seen));
  }
  const auto watches = parse_inotify(seen.fdinfo);
  if (!watches) return fail_errno("cannot understand the fdinfo of " + who(seen), EPROTO);
  const auto number = static_cast<std::uint32_t>(found_.descriptions.size());
  for (const InotifyWatch& watch : *watches) {
    auto path = path_of(watch);
    if (!path) {
      refusals_.add("{} watches inode {}, whose path cannot be found ({}): remove the watch",
                    who(seen), watch.inode, std::strerror(path.error()));
      continue;
    }
    found_.watches.push_back({number, watch.number, watch.mask, std::move(*path)});
  }
  return {};
}

/// /proc names what is watched by the number of the descriptor that it was added with.
void Descriptors::find_watched() {
  std::vector<bool> done(found_.descriptions.size());
  for (const Seen& epoll : seen_) {
    if (found_.descriptions[epoll.description].kind != RBI_OFD_EPOLL || done[epoll.description]) {
      continue;
    }
    done[epoll.description] = true;
    for (const EpollWatch& watch : parse_epoll(epoll.fdinfo)) {
      const auto watched = std::find_if(seen_.begin(), seen_.end(), [&](const Seen& one) {
        return one.table == epoll.table && one.object.fd == watch.fd &&
               one.status.st_ino == watch.inode;
      });
      if (watched == seen_.end()) {
        refusals_.add("{} watches what was its fd {}, which is closed or another file now",
                      who(epoll), watch.fd);
        continue;
      }
      found_.epoll_items.push_back(
          {epoll.description, watch.fd, watched->description, watch.events, watch.data});
    }
  }
  std::sort(found_.epoll_items.begin(), found_.epoll_items.end(),
            [](const rbi_epoll_item& a, const rbi_epoll_item& b) {
              return std::tie(a.epoll, a.fd, a.ofd) < std::tie(b.epoll, b.fd, b.ofd);
            });
}

/// Each is shown once for every descriptor that its owner has of the file.
void Descriptors::find_locks() {
  struct Held {
    std::uint32_t files;
    std::uint64_t inode;
    FileLock lock;
    bool operator==(const Held&) const = default;
  };
  std::vector<Held> known;
  for (const Seen& seen : seen_) {
    for (const FileLock& lock : seen.locks) {
      const bool posix = lock.kind == LockKind::kPosix;
      if (!posix && lock.kind != LockKind::kDescription) continue;
      const Held held = {posix ? static_cast<std::uint32_t>(seen.table) : RBI_NONE,
                         posix ? seen.status.st_ino : seen.description, lock};
      if (std::find(known.begin(), known.end(), held) != known.end()) continue;
      known.push_back(held);
      found_.locks.push_back({held.files, seen.description,
                              static_cast<__u32>(lock.exclusive ? F_WRLCK : F_RDLCK),
                              posix ? static_cast<__u32>(lock.pid) : 0, lock.start, lock.length});
    }
  }
  std::stable_sort(found_.locks.begin(), found_.locks.end(),
                   [](const rbi_lock& a, const rbi_lock& b) { return a.files < b.files; });
}

Status Descriptors::add_pipe_end(const Seen& seen, FoundDescription& description) {
  description.offset = 0;
  if (!seen.link.starts_with("pipe:[")) return add_fifo(seen, description);
  keep_flags(seen, kPipeFlags, description);
  const std::uint32_t access = seen.info.flags & O_ACCMODE;
  if (access == O_RDWR) {
    refusals_.add("{} is both ends of a pipe at once: an image cannot hold it", who(seen));
    return {};
  }
  description.kind = access == O_RDONLY ? RBI_OFD_PIPE_READ : RBI_OFD_PIPE_WRITE;
  RB_TRY(add_pipe(seen, description));
  for (const FoundDescription& other : found_.descriptions) {
    if (other.kind == description.kind && other.object == description.object) {
      refusals_.add("{} is one of two openings of the same end of a pipe: an image cannot hold it",
                    who(seen));
    }
  }
  return {};
}

Status Descriptors::add_fifo(const Seen& seen, FoundDescription& description) {
  keep_flags(seen, kFifoFlags, description);
  description.kind = RBI_OFD_FIFO;
  description.path = seen.link;
  check_path(seen);
  return add_pipe(seen, description);
}

/// What is in a pipe or FIFO, once.
Status Descriptors::add_pipe(const Seen& seen, FoundDescription& description) {
  const auto known =
      std::find_if(found_.pipes.begin(), found_.pipes.end(), [&](const FoundPipe& pipe) {
        return pipe.inode == seen.status.st_ino && pipe.link == seen.link;
      });
  description.object = static_cast<std::uint32_t>(known - found_.pipes.begin());
  if (known != found_.pipes.end()) return {};
  FoundPipe pipe;
  pipe.inode = seen.status.st_ino;
  pipe.link = seen.link;
  RB_TRY(read_pipe(link_of(seen), pipe));
  found_.pipes.push_back(std::move(pipe));
  return {};
}

/// A pipe whose other end is somebody else's would be cut.
void Descriptors::refuse_outside(const FoundPipe& pipe) {
  const auto index = static_cast<std::uint32_t>(&pipe - found_.pipes.data());
  const auto ends = std::count_if(
      found_.descriptions.begin(), found_.descriptions.end(),
      [index](const FoundDescription& end) { return is_pipe(end) && end.object == index; });
  if (ends == 2) return;
  const std::string holder = outside_holder(found_, pipe.link);
  if (holder.empty()) return;  // the other end is closed
  const auto seen = std::find_if(seen_.begin(), seen_.end(),
                                 [&](const Seen& one) { return one.link == pipe.link; });
  refusals_.add("{} leads out of the tree, to {}: redirect it to a file", who(*seen), holder);
}

}  // namespace

Status find_descriptors(FoundTree& found, Refusals& refusals) {
  return Descriptors(found, refusals).find();
}

Status find_directories(FoundTree& found, Refusals& refusals) {
  const auto users = found.users(&FoundTask::fs, found.fs.size());
  for (std::size_t i = 0; i < users.size(); ++i) {
    const FoundTask& task = found.tasks[users[i]];
    const std::string directory = found.directory(task);
    const auto cwd = read_link(directory + "/cwd");
    const auto root = read_link(directory + "/root");
    const auto text = read_whole_file(directory + "/status");
    const auto status = text ? parse_status(*text) : std::nullopt;
    if (!cwd || !root || !status)
      return fail_errno("cannot read directories of " + task.who, ESRCH);
    found.fs[i] = {*cwd, *root, status->umask};
    struct stat its {};
    struct stat named {};
    for (const char* link : {"cwd", "root"}) {
      const std::string& name = link == std::string_view("cwd") ? *cwd : *root;
      if (::stat(fmt::format("{}/{}", directory, link).c_str(), &its) == 0 &&
          ::stat(name.c_str(), &named) == 0 && its.st_dev == named.st_dev &&
          its.st_ino == named.st_ino) {
        continue;
      }
      refusals.add("{} has a {} directory, {}, that is not there by that name", task.who,
                   link == std::string_view("cwd") ? "current" : "root", name);
    }
  }
  return {};
}

}  // namespace rb::capture
