// File descriptors and open file descriptions.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

// The kernel's O_LARGEFILE; glibc defines it as 0 where it changes nothing.
constexpr std::uint64_t kLargeFile = 0100000;

/// Status flags that F_GETFL reports and open(2) takes, but for O_PATH. O_ASYNC
/// belongs to what can tell of events.
constexpr std::uint64_t kFileFlags =
    O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC | O_DIRECT | O_NOATIME | O_NOFOLLOW | kLargeFile;
constexpr std::uint64_t kDirectoryFlags =
    O_NONBLOCK | O_NOATIME | O_NOFOLLOW | O_DIRECTORY | kLargeFile;  // O_RDONLY is 0
constexpr std::uint64_t kStreamFlags = O_ACCMODE | O_NONBLOCK | O_ASYNC;
constexpr std::uint64_t kFifoFlags = kStreamFlags | O_NOFOLLOW | kLargeFile;
constexpr std::uint64_t kPlainFlags = O_ACCMODE | O_NONBLOCK;

Status check_fd(const View& view, std::size_t i, const rbi_fd& fd, const rbi_fd* before) {
  const At at(view, RBI_SEC_FDS, i);
  RB_TRY(at.within("fd", fd.fd, 0, kMaxFd));
  if (before != nullptr && fd.fd <= before->fd) {
    return at.refuse("fd", fmt::format("must lie above {}, the one before it", before->fd));
  }
  RB_TRY(at.index("ofd", fd.ofd, RBI_SEC_OFDS));
  RB_TRY(at.bits("flags", fd.flags, RBI_FD_CLOEXEC));
  return at.zero("reserved", fd.reserved);
}

Status require_access(const At& at, const rbi_ofd& ofd, std::uint32_t access,
                      std::string_view name) {
  if ((ofd.flags & O_ACCMODE) == access) return {};
  return at.refuse("flags", fmt::format("must have access mode {} for this kind", name));
}

/// What files with a position have in common.
Status check_opened(const At& at, const rbi_ofd& ofd) {
  RB_TRY(at.require((ofd.flags & O_ACCMODE) != O_ACCMODE, "flags",
                    "must have an access mode of O_RDONLY, O_WRONLY or O_RDWR"));
  // open(2) adds O_DSYNC to the other bit of O_SYNC.
  RB_TRY(at.require((ofd.flags & O_SYNC) != (O_SYNC & ~O_DSYNC), "flags",
                    "must have both bits of O_SYNC or neither but O_DSYNC"));
  return at.within("offset", ofd.offset, 0, kMaxOffset);
}

Status check_by_path(const At& at, const rbi_ofd& ofd) {
  RB_TRY(at.path("path", ofd.path));
  RB_TRY(check_opened(at, ofd));
  return at.require(ofd.object == RBI_NONE, "object", "must be none for this kind");
}

Status check_without_path(const At& at, const rbi_ofd& ofd) {
  return at.require(ofd.path == RBI_NONE, "path", "must be none for this kind");
}

Status check_pipe_end(const At& at, const rbi_ofd& ofd) {
  RB_TRY(check_without_path(at, ofd));
  RB_TRY(at.bits("flags", ofd.flags, kStreamFlags));
  RB_TRY(ofd.kind == RBI_OFD_PIPE_READ ? require_access(at, ofd, O_RDONLY, "O_RDONLY (00)")
                                       : require_access(at, ofd, O_WRONLY, "O_WRONLY (01)"));
  RB_TRY(at.index("object", ofd.object, RBI_SEC_PIPES));
  return at.zero("offset", ofd.offset);
}

Status check_fifo(const At& at, const rbi_ofd& ofd) {
  RB_TRY(at.path("path", ofd.path));
  RB_TRY(at.bits("flags", ofd.flags, kFifoFlags));
  RB_TRY(at.require((ofd.flags & O_ACCMODE) != O_ACCMODE, "flags",
                    "must have an access mode of O_RDONLY, O_WRONLY or O_RDWR"));
  RB_TRY(at.index("object", ofd.object, RBI_SEC_PIPES));
  return at.zero("offset", ofd.offset);
}

Status check_socket(const At& at, const rbi_ofd& ofd) {
  RB_TRY(check_without_path(at, ofd));
  RB_TRY(at.bits("flags", ofd.flags, kStreamFlags));
  RB_TRY(require_access(at, ofd, O_RDWR, "O_RDWR (02)"));
  RB_TRY(at.index("object", ofd.object, RBI_SEC_SOCKETS));
  return at.zero("offset", ofd.offset);
}

/// Open files whose contents are in the image.
Status check_contained(const View& view, const At& at, const rbi_ofd& ofd) {
  RB_TRY(check_without_path(at, ofd));
  RB_TRY(at.bits("flags", ofd.flags, kFileFlags));
  RB_TRY(check_opened(at, ofd));
  RB_TRY(at.index("object", ofd.object, RBI_SEC_BACKINGS));
  const __u32 kind = view.table<rbi_backing>(RBI_SEC_BACKINGS)[ofd.object].kind;
  return ofd.kind == RBI_OFD_MEMFD
             ? at.require(kind == RBI_BACKING_MEMFD, "object", "must be a memfd")
             : at.require(kind == RBI_BACKING_DELETED, "object", "must be a deleted file");
}

Status check_event_source(const View& view, const At& at, const rbi_ofd& ofd) {
  RB_TRY(check_without_path(at, ofd));
  RB_TRY(at.bits("flags", ofd.flags, kPlainFlags));
  RB_TRY(require_access(at, ofd, O_RDWR, "O_RDWR (02)"));
  RB_TRY(at.index("object", ofd.object, RBI_SEC_EVENTS));
  RB_TRY(check_event(view, ofd.object, ofd.kind));
  return at.zero("offset", ofd.offset);
}

Status check_watcher(const At& at, const rbi_ofd& ofd) {
  RB_TRY(check_without_path(at, ofd));
  RB_TRY(at.bits("flags", ofd.flags, kPlainFlags));
  RB_TRY(ofd.kind == RBI_OFD_EPOLL ? require_access(at, ofd, O_RDWR, "O_RDWR (02)")
                                   : require_access(at, ofd, O_RDONLY, "O_RDONLY (00)"));
  RB_TRY(at.require(ofd.object == RBI_NONE, "object", "must be none for this kind"));
  return at.zero("offset", ofd.offset);
}

/// The path says which multiplexer, or whether the slave goes by /dev/tty.
Status check_pty_end(const View& view, const At& at, const rbi_ofd& ofd) {
  RB_TRY(at.path("path", ofd.path));
  RB_TRY(at.bits("flags", ofd.flags, kFileFlags));
  RB_TRY(check_opened(at, ofd));
  RB_TRY(at.zero("offset", ofd.offset));
  RB_TRY(at.index("object", ofd.object, RBI_SEC_PTYS));
  const std::string_view path = view.string(ofd.path);
  if (ofd.kind == RBI_OFD_PTY_MASTER) {
    return at.require(path == "/dev/ptmx" || path == "/dev/pts/ptmx", "path",
                      "must be \"/dev/ptmx\" or \"/dev/pts/ptmx\"");
  }
  const rbi_pty& pty = view.table<rbi_pty>(RBI_SEC_PTYS)[ofd.object];
  const bool hung_up = (pty.flags & RBI_PTY_HUNG_UP) != 0;
  const std::string named = fmt::format("/dev/pts/{}", pty.number);
  return at.require(path == named || (path == "/dev/tty" && !hung_up), "path",
                    fmt::format("must be \"{}\"{}", named, hung_up ? "" : " or \"/dev/tty\""));
}

/// F_SETSIG, flock(2): what any description may have, or files only.
Status check_state(const At& at, const rbi_ofd& ofd) {
  RB_TRY(at.zero("reserved", ofd.reserved));
  RB_TRY(at.within("signal", ofd.signal, 0, RBI_NR_SIGNALS));
  RB_TRY(at.within("flock", ofd.flock, 0, RBI_FLOCK_COUNT - 1));
  return at.require(ofd.flock == RBI_FLOCK_NONE || ofd.kind == RBI_OFD_FILE ||
                        ofd.kind == RBI_OFD_DIRECTORY || ofd.kind == RBI_OFD_DELETED,
                    "flock", "must be 0 but for files and directories");
}

Status check_ofd(const View& view, std::size_t i, const rbi_ofd& ofd) {
  const At at(view, RBI_SEC_OFDS, i);
  RB_TRY(check_state(at, ofd));
  switch (ofd.kind) {
    case RBI_OFD_FILE:
    case RBI_OFD_DEVICE:
      RB_TRY(at.bits("flags", ofd.flags, kFileFlags));
      return check_by_path(at, ofd);
    case RBI_OFD_DIRECTORY:
      RB_TRY(at.bits("flags", ofd.flags, kDirectoryFlags));
      return check_by_path(at, ofd);
    case RBI_OFD_PIPE_READ:
    case RBI_OFD_PIPE_WRITE:
      return check_pipe_end(at, ofd);
    case RBI_OFD_SOCKET:
      return check_socket(at, ofd);
    case RBI_OFD_FIFO:
      return check_fifo(at, ofd);
    case RBI_OFD_MEMFD:
    case RBI_OFD_DELETED:
      return check_contained(view, at, ofd);
    case RBI_OFD_EVENTFD:
    case RBI_OFD_TIMERFD:
    case RBI_OFD_SIGNALFD:
      return check_event_source(view, at, ofd);
    case RBI_OFD_EPOLL:
    case RBI_OFD_INOTIFY:
      return check_watcher(at, ofd);
    case RBI_OFD_PTY_MASTER:
    case RBI_OFD_PTY_SLAVE:
      return check_pty_end(view, at, ofd);
    default:
      return at.within("kind", ofd.kind, 0, RBI_OFD_KIND_COUNT - 1);
  }
}

/// A socket or event has exactly one description.
Status check_own_objects(const View& view, rbi_section section,
                         std::initializer_list<__u32> kinds) {
  const auto ofds = view.table<rbi_ofd>(RBI_SEC_OFDS);
  std::vector<__u32> user(view.count(section), RBI_NONE);
  std::vector<bool> used(user.size());
  for (std::size_t i = 0; i < ofds.size(); ++i) {
    if (std::find(kinds.begin(), kinds.end(), ofds[i].kind) == kinds.end()) continue;
    __u32& owner = user[ofds[i].object];
    if (owner != RBI_NONE) {
      return At(view, RBI_SEC_OFDS, i)
          .refuse("object", fmt::format("must be its own, is that of ofds[{}] too", owner));
    }
    owner = static_cast<__u32>(i);
    used[ofds[i].object] = true;
  }
  return require_all_used(section, used, "an open file description");
}

}  // namespace

Status check_fds(const View& view) {
  const auto fds = view.table<rbi_fd>(RBI_SEC_FDS);
  std::vector<bool> used(view.count(RBI_SEC_OFDS));
  for (const rbi_files& files : view.table<rbi_files>(RBI_SEC_FILES)) {
    const std::size_t first = files.fd_first;
    for (std::size_t i = first; i < first + files.fd_count; ++i) {
      RB_TRY(check_fd(view, i, fds[i], i == first ? nullptr : &fds[i - 1]));
      used[fds[i].ofd] = true;
    }
  }
  return require_all_used(RBI_SEC_OFDS, used, "an fd");
}

Status check_ofds(const View& view) {
  const auto ofds = view.table<rbi_ofd>(RBI_SEC_OFDS);
  for (std::size_t i = 0; i < ofds.size(); ++i) RB_TRY(check_ofd(view, i, ofds[i]));
  RB_TRY(check_own_objects(view, RBI_SEC_SOCKETS, {RBI_OFD_SOCKET}));
  return check_own_objects(view, RBI_SEC_EVENTS,
                           {RBI_OFD_EVENTFD, RBI_OFD_TIMERFD, RBI_OFD_SIGNALFD});
}

}  // namespace rb::validation
