// File descriptors and open file descriptions.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

constexpr std::uint64_t kMaxFd = (1u << 20) - 1;
constexpr std::uint64_t kMaxBacklog = INT32_MAX;
constexpr std::size_t kMaxAbstractName = 107;  // sun_path without its leading NUL, unix(7)

// The kernel's O_LARGEFILE; glibc defines it as 0 where it changes nothing.
constexpr std::uint64_t kLargeFile = 0100000;

/// Status flags that F_GETFL reports and open(2) takes. Not O_ASYNC, whose
/// owner an image has no place for, and not O_PATH.
constexpr std::uint64_t kFileFlags =
    O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC | O_DIRECT | O_NOATIME | O_NOFOLLOW | kLargeFile;
constexpr std::uint64_t kDirectoryFlags =
    O_NONBLOCK | O_NOATIME | O_NOFOLLOW | O_DIRECTORY | kLargeFile;  // O_RDONLY is 0

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

/// What files that are opened by their path have in common.
Status check_opened(const At& at, const rbi_ofd& ofd) {
  RB_TRY(at.path("path", ofd.path));
  RB_TRY(at.require((ofd.flags & O_ACCMODE) != O_ACCMODE, "flags",
                    "must have an access mode of O_RDONLY, O_WRONLY or O_RDWR"));
  // open(2) adds O_DSYNC to the other bit of O_SYNC.
  RB_TRY(at.require((ofd.flags & O_SYNC) != (O_SYNC & ~O_DSYNC), "flags",
                    "must have both bits of O_SYNC or neither but O_DSYNC"));
  RB_TRY(at.within("offset", ofd.offset, 0, kMaxOffset));
  return at.require(ofd.pipe == RBI_NONE, "pipe", "must be none for this kind");
}

Status check_pipe_end(const At& at, const rbi_ofd& ofd) {
  RB_TRY(at.require(ofd.path == RBI_NONE, "path", "must be none for a pipe"));
  RB_TRY(at.bits("flags", ofd.flags, O_ACCMODE | O_NONBLOCK));
  RB_TRY(ofd.kind == RBI_OFD_PIPE_READ ? require_access(at, ofd, O_RDONLY, "O_RDONLY (00)")
                                       : require_access(at, ofd, O_WRONLY, "O_WRONLY (01)"));
  RB_TRY(at.index("pipe", ofd.pipe, RBI_SEC_PIPES));
  return at.zero("offset", ofd.offset);
}

Status check_listener(const View& view, const At& at, const rbi_ofd& ofd) {
  RB_TRY(at.require(view.is_string(ofd.path), "path", "must be the offset of a string"));
  const std::size_t length = view.string(ofd.path).size();
  RB_TRY(at.require(length >= 1 && length <= kMaxAbstractName, "path",
                    "must be an abstract name of 1 to 107 bytes"));
  RB_TRY(at.bits("flags", ofd.flags, O_ACCMODE | O_NONBLOCK));
  RB_TRY(require_access(at, ofd, O_RDWR, "O_RDWR (02)"));
  RB_TRY(at.require(ofd.pipe == RBI_NONE, "pipe", "must be none for this kind"));
  RB_TRY(at.zero("offset", ofd.offset));
  return at.within("backlog", ofd.backlog, 0, kMaxBacklog);
}

Status check_ofd(const View& view, std::size_t i, const rbi_ofd& ofd) {
  const At at(view, RBI_SEC_OFDS, i);
  RB_TRY(at.zero("reserved", ofd.reserved));
  if (ofd.kind != RBI_OFD_LISTEN_UNIX) RB_TRY(at.zero("backlog", ofd.backlog));
  switch (ofd.kind) {
    case RBI_OFD_FILE:
    case RBI_OFD_DEVICE:
      RB_TRY(at.bits("flags", ofd.flags, kFileFlags));
      return check_opened(at, ofd);
    case RBI_OFD_DIRECTORY:
      RB_TRY(at.bits("flags", ofd.flags, kDirectoryFlags));
      return check_opened(at, ofd);
    case RBI_OFD_PIPE_READ:
    case RBI_OFD_PIPE_WRITE:
      return check_pipe_end(at, ofd);
    case RBI_OFD_LISTEN_UNIX:
      return check_listener(view, at, ofd);
    default:
      return at.within("kind", ofd.kind, 0, RBI_OFD_KIND_COUNT - 1);
  }
}

/// Two sockets can't listen on one name: bind(2) fails with EADDRINUSE.
Status check_unique_listeners(const View& view) {
  const auto ofds = view.table<rbi_ofd>(RBI_SEC_OFDS);
  std::vector<std::pair<std::string_view, std::size_t>> names;
  for (std::size_t i = 0; i < ofds.size(); ++i) {
    if (ofds[i].kind == RBI_OFD_LISTEN_UNIX) names.emplace_back(view.string(ofds[i].path), i);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(
      names.begin(), names.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twice == names.end()) return {};
  return At(view, RBI_SEC_OFDS, std::next(twice)->second)
      .refuse("path", fmt::format("must be unique, ofds[{}] listens there too", twice->second));
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
  return check_unique_listeners(view);
}

}  // namespace rb::validation
