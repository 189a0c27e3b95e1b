#include "strategies/userspace/special_files.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <utility>

#include "strategies/userspace/ops.h"
#include "strategies/userspace/ptys.h"
#include "strategies/userspace/table_fill.h"

namespace rb {
namespace {

constexpr __u32 kAsync = O_ASYNC;

[[nodiscard]] bool is_pair(const Image& image, const rbi_ofd& ofd) {
  return ofd.kind == RBI_OFD_SOCKET && image.socket_of(ofd).state == RBI_SOCKET_PAIR;
}

[[nodiscard]] bool has_owner(const rbi_ofd& ofd) {
  return ofd.owner != 0 || ofd.signal != 0 || (ofd.flags & kAsync) != 0;
}

/// Opens one after the other: each lands on the next number.
class SpecialOpener {
 public:
  SpecialOpener(const ImageAt& at, const std::vector<std::uint32_t>& backing_fds,
                std::uint32_t& next_fd, std::vector<std::uint32_t>& fds, std::vector<rst_op>& ops)
      : at_(at),
        image_(at.image()),
        backing_fds_(backing_fds),
        next_fd_(next_fd),
        fds_(fds),
        ops_(ops),
        ofd_of_socket_(image_.sockets().size(), RBI_NONE),
        filled_(image_.pipes().size(), 0) {
    const auto ofds = image_.ofds();
    for (std::uint32_t i = 0; i < ofds.size(); ++i) {
      if (ofds[i].kind == RBI_OFD_SOCKET) ofd_of_socket_[ofds[i].object] = i;
    }
  }

  void run() {
    open_ptys(at_, next_fd_, fds_, ops_);
    const auto ofds = image_.ofds();
    for (std::uint32_t i = 0; i < ofds.size(); ++i) {
      if (!is_special(image_, ofds[i]) || fds_[i] != kNotStored) continue;
      if (is_pair(image_, ofds[i])) {
        open_pair(i);
      } else {
        fds_[i] = next_fd_++;
        open(ofds[i], fds_[i]);
      }
    }
  }

 private:
  [[nodiscard]] static std::uint64_t plain_flags(const rbi_ofd& ofd) {
    return (ofd.flags & ~kAsync) | O_CLOEXEC;
  }

  void open(const rbi_ofd& ofd, std::uint32_t fd) {
    rst_op op = ops::make(RST_EVENT, RST_STAGE_OPEN_FILES);
    op.x = fd;
    switch (ofd.kind) {
      case RBI_OFD_FIFO: {
        const rbi_pipe& pipe = image_.pipes()[ofd.object];
        op.kind = RST_FIFO;
        op.a = at_.of_string(ofd.path);
        op.b = plain_flags(ofd);
        op.c = std::exchange(filled_[ofd.object], 1) == 0 ? at_.of(&pipe) : 0;
        op.d = at_.of(image_.pipe_data(pipe).data());
        break;
      }
      case RBI_OFD_MEMFD:
      case RBI_OFD_DELETED:
        op.kind = RST_REOPEN;
        op.y = backing_fds_[ofd.object];
        op.b = plain_flags(ofd);
        op.c = ofd.offset;
        break;
      case RBI_OFD_EPOLL:
        op.kind = RST_EPOLL;
        op.b = ofd.flags & O_NONBLOCK;
        break;
      case RBI_OFD_INOTIFY:
        op.kind = RST_INOTIFY;
        op.b = static_cast<std::uint64_t>(O_CLOEXEC) | (ofd.flags & O_NONBLOCK);
        break;
      default:
        op.y = ofd.kind;
        op.a = at_.of(&image_.events()[ofd.object]);
        op.b = static_cast<std::uint64_t>(O_CLOEXEC) | (ofd.flags & O_NONBLOCK);
    }
    ops_.push_back(op);
  }

  /// Both ends at once. One that is closed stays open here until the tree is released.
  void open_pair(std::uint32_t first) {
    const rbi_socket& socket = image_.socket_of(image_.ofds()[first]);
    rst_op op = ops::make(RST_SOCKETPAIR, RST_STAGE_OPEN_FILES);
    op.x = next_fd_++;
    op.y = next_fd_++;
    op.z = socket.type;
    ops_.push_back(op);
    const __u32 other = socket.peer == RBI_NONE ? RBI_NONE : ofd_of_socket_[socket.peer];
    fill(first, op.x, op.y);
    if (other != RBI_NONE) fill(other, op.y, op.x);
    set_state(first, op.x);
    if (other != RBI_NONE) set_state(other, op.y);
  }

  /// What is unread in the socket on fd comes from its peer.
  void fill(std::uint32_t ofd, std::uint32_t fd, std::uint32_t peer_fd) {
    fds_[ofd] = fd;
    const __u32 socket = image_.ofds()[ofd].object;
    const auto messages = image_.messages();
    auto at = std::lower_bound(messages.begin(), messages.end(), socket,
                               [](const rbi_message& m, __u32 s) { return m.socket < s; });
    for (; at != messages.end() && at->socket == socket; ++at) {
      const rbi_message& message = *at;
      rst_op op = ops::make(RST_SEND, RST_STAGE_OPEN_FILES);
      op.x = peer_fd;
      op.a = at_.of(image_.message_data(message).data());
      op.b = message.size;
      ops_.push_back(op);
    }
  }

  void set_state(std::uint32_t ofd, std::uint32_t fd) {
    rst_op op = ops::make(RST_SOCKET_STATE, RST_STAGE_OPEN_FILES);
    op.x = fd;
    op.a = at_.of(&image_.socket_of(image_.ofds()[ofd]));
    op.b = image_.ofds()[ofd].flags & O_NONBLOCK;
    ops_.push_back(op);
  }

  const ImageAt& at_;
  const Image& image_;
  const std::vector<std::uint32_t>& backing_fds_;
  std::uint32_t& next_fd_;
  std::vector<std::uint32_t>& fds_;
  std::vector<rst_op>& ops_;
  std::vector<__u32> ofd_of_socket_;
  std::vector<char> filled_;  // by pipe: a FIFO that has its contents
};

}  // namespace

bool has_special_files(const Image& image) {
  if (!image.epoll_items().empty() || !image.watches().empty() || !image.locks().empty()) {
    return true;
  }
  const auto ofds = image.ofds();
  return std::any_of(ofds.begin(), ofds.end(), [&](const rbi_ofd& ofd) {
    return ofd.kind >= RBI_OFD_SOCKET || ofd.flock != 0 || has_owner(ofd);
  });
}

bool is_special(const Image& image, const rbi_ofd& ofd) {
  return ofd.kind == RBI_OFD_SOCKET ? is_pair(image, ofd) : ofd.kind > RBI_OFD_SOCKET;
}

std::vector<char> held_by_coordinator(const Image& image) {
  const auto ofds = image.ofds();
  std::vector<char> held(ofds.size(), 0);
  for (std::size_t i = 0; i < ofds.size(); ++i) {
    held[i] = is_special(image, ofds[i]) || has_owner(ofds[i]) || ofds[i].flock != 0 ? 1 : 0;
  }
  for (const rbi_epoll_item& item : image.epoll_items()) held[item.ofd] = 1;
  for (const rbi_lock& lock : image.locks()) {
    if (lock.files == RBI_NONE) held[lock.ofd] = 1;
  }
  if (image.pipes().empty()) return held;
  std::vector<char> pipes(image.pipes().size(), 0);
  for (std::size_t i = 0; i < ofds.size(); ++i) {
    if (is_pipe_end(ofds[i]) && held[i] != 0) pipes[ofds[i].object] = 1;
  }
  for (std::size_t i = 0; i < ofds.size(); ++i) {
    if (is_pipe_end(ofds[i]) && pipes[ofds[i].object] != 0) held[i] = 1;
  }
  return held;
}

std::uint64_t extra_special_fds(const Image& image) {
  const auto sockets = image.sockets();
  const auto ends = std::count_if(sockets.begin(), sockets.end(), [](const rbi_socket& socket) {
    return socket.state == RBI_SOCKET_PAIR && socket.peer == RBI_NONE;
  });
  return static_cast<std::uint64_t>(ends) + extra_pty_fds(image);
}

void open_special(const ImageAt& at, const std::vector<std::uint32_t>& backing_fds,
                  std::uint32_t& next_fd, std::vector<std::uint32_t>& fds,
                  std::vector<rst_op>& ops) {
  SpecialOpener(at, backing_fds, next_fd, fds, ops).run();
}

void settle_special(const ImageAt& at, const std::vector<std::uint32_t>& fds,
                    std::vector<rst_op>& ops) {
  const Image& image = at.image();
  for (const rbi_epoll_item& item : image.epoll_items()) {
    rst_op op = ops::make(RST_EPOLL_ADD, RST_STAGE_OPEN_FILES);
    op.x = fds[item.epoll];
    op.y = item.fd;
    op.a = fds[item.ofd];
    op.b = item.events;
    op.c = item.data;
    ops.push_back(op);
  }
  for (const rbi_watch& watch : image.watches()) {
    rst_op op = ops::make(RST_WATCH, RST_STAGE_OPEN_FILES);
    op.x = fds[watch.inotify];
    op.y = watch.wd;
    op.a = at.of_string(watch.path);
    op.b = watch.mask;
    ops.push_back(op);
  }
  for (const rbi_lock& lock : image.locks()) {
    if (lock.files != RBI_NONE) continue;
    rst_op op = ops::make(RST_LOCK, RST_STAGE_OPEN_FILES);
    op.x = fds[lock.ofd];
    op.a = at.of(&lock);
    ops.push_back(op);
  }
  const auto ofds = image.ofds();
  for (std::size_t i = 0; i < ofds.size(); ++i) {
    if (ofds[i].flock == RBI_FLOCK_NONE) continue;
    rst_op op = ops::make(RST_FLOCK, RST_STAGE_OPEN_FILES);
    op.x = fds[i];
    op.b = LOCK_NB | (ofds[i].flock == RBI_FLOCK_SHARED ? LOCK_SH : LOCK_EX);
    ops.push_back(op);
  }
}

std::vector<rst_op> owner_ops(const Image& image, const std::vector<std::uint32_t>& fds) {
  std::vector<rst_op> ops;
  const auto ofds = image.ofds();
  for (std::size_t i = 0; i < ofds.size(); ++i) {
    if (!has_owner(ofds[i])) continue;
    rst_op op = ops::make(RST_OWNER, RST_STAGE_OPEN_FILES);
    op.x = fds[i];
    op.y = ofds[i].signal;
    op.a = static_cast<__u64>(std::int64_t{ofds[i].owner});
    op.b = (ofds[i].flags & kAsync) != 0 ? ofds[i].flags & ~__u32{O_ACCMODE} : 0;
    ops.push_back(op);
  }
  return ops;
}

rst_op make_backing(const ImageAt& at, const rbi_backing& backing, std::uint32_t fd) {
  rst_op op = ops::make(RST_MEMFD, RST_STAGE_MEMORY);
  op.x = fd;
  op.a = backing.size;
  op.b = backing.run_count;
  op.c = at.of(at.image().runs_of(backing).data());
  op.d = at.of(&backing);
  op.e = backing.path == RBI_NONE ? 0 : at.of_string(backing.path);
  return op;
}

}  // namespace rb
