#include "harness/capture/sockets.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/fd.h"
#include "harness/capture/unix_diag.h"

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72  // since Linux 5.11
#endif

namespace rb::capture {
namespace {

constexpr int kSendLocked = 1;  // SOCK_SNDBUF_LOCK, include/uapi/linux/socket.h
constexpr int kReceiveLocked = 2;

/// 0 where the socket does not know the option.
int option(int fd, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, level, name, &value, &size) == 0 ? value : 0;
}

std::uint32_t options_of(int fd, int family) {
  struct Option {
    int level, name;
    std::uint32_t flag;
    int family;  // 0: all
  };
  constexpr Option kOptions[] = {
      {SOL_SOCKET, SO_REUSEADDR, RBI_SOCKET_REUSEADDR, 0},
      {SOL_SOCKET, SO_REUSEPORT, RBI_SOCKET_REUSEPORT, 0},
      {SOL_SOCKET, SO_KEEPALIVE, RBI_SOCKET_KEEPALIVE, 0},
      {SOL_SOCKET, SO_BROADCAST, RBI_SOCKET_BROADCAST, 0},
      {SOL_SOCKET, SO_PASSCRED, RBI_SOCKET_PASSCRED, AF_UNIX},
      {IPPROTO_IPV6, IPV6_V6ONLY, RBI_SOCKET_V6ONLY, AF_INET6},
      {IPPROTO_TCP, TCP_NODELAY, RBI_SOCKET_NODELAY, 0},
  };
  std::uint32_t flags = 0;
  for (const Option& each : kOptions) {
    if (each.family != 0 && each.family != family) continue;
    if (each.name == TCP_NODELAY && each.level == IPPROTO_TCP && family == AF_UNIX) continue;
    if (option(fd, each.level, each.name) != 0) flags |= each.flag;
  }
  return flags;
}

/// What it is bound to, over IP.
void read_address(int fd, FoundSocket& socket) {
  sockaddr_in6 address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return;
  if (socket.record.family == AF_INET) {
    const auto* four = reinterpret_cast<const sockaddr_in*>(&address);
    socket.record.port = ntohs(four->sin_port);
    if (socket.record.port != 0) socket.record.address[0] = four->sin_addr.s_addr;
    return;
  }
  socket.record.port = ntohs(address.sin6_port);
  socket.record.scope = address.sin6_scope_id;
  if (socket.record.port == 0) return;
  std::memcpy(socket.record.address, &address.sin6_addr, sizeof socket.record.address);
}

/// The name of a Unix socket: a path, or an abstract name.
void read_name(int fd, const std::string& who, FoundSocket& socket, Refusals& refusals) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return;
  constexpr socklen_t kPath = offsetof(sockaddr_un, sun_path);
  if (size <= kPath) return;  // no name
  if (address.sun_path[0] == '\0') {
    socket.record.options |= RBI_SOCKET_ABSTRACT;
    socket.path.assign(address.sun_path + 1, size - kPath - 1);
    if (socket.path.find('\0') != std::string::npos) {
      refusals.add("{} has an abstract name with NUL in it: an image cannot hold it", who);
    }
    return;
  }
  socket.path = address.sun_path;
  struct stat status {};
  if (socket.path.front() != '/' || ::stat(socket.path.c_str(), &status) != 0 ||
      !S_ISSOCK(status.st_mode)) {
    refusals.add("{} is bound to {}, which cannot be found again by that name", who, socket.path);
    return;
  }
  socket.record.mode = status.st_mode & 0777;
}

/// Bytes of a stream stay where they are (MSG_PEEK).
Status read_unread(int fd, const std::string& who, FoundSocket& socket, Refusals& refusals) {
  int waiting = 0;
  if (::ioctl(fd, SIOCINQ, &waiting) != 0) return fail_errno("cannot look into " + who);
  if (waiting == 0) return {};
  if (socket.record.type != SOCK_STREAM) {
    refusals.add("{} has unread messages: try again when they have been read", who);
    return {};
  }
  socket.unread.resize(static_cast<std::size_t>(waiting));
  iovec bytes = {socket.unread.data(), socket.unread.size()};
  alignas(cmsghdr) char control[256] = {};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t got = ::recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr;
       each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    refusals.add("{} has descriptors on their way in it (SCM_RIGHTS): try again later", who);
    const std::size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int passed = -1;
      std::memcpy(&passed, CMSG_DATA(each) + i * sizeof passed, sizeof passed);
      const Fd closing(passed);
    }
  }
  if (got != waiting) {
    refusals.add("{} holds {} bytes of which {} can be read at once: try again later", who, waiting,
                 got);
  }
  return {};
}

bool is_connected(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  return ::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
}

std::uint32_t tcp_backlog(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  // Of a listening socket this field is what listen(2) was given.
  return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_sacked : 0;
}

}  // namespace

Status read_socket(int fd, std::uint64_t inode, const std::string& who, FoundSocket& socket,
                   Refusals& refusals) {
  rbi_socket& record = socket.record;
  socket.inode = inode;
  record.family = static_cast<__u32>(option(fd, SOL_SOCKET, SO_DOMAIN));
  record.type = static_cast<__u32>(option(fd, SOL_SOCKET, SO_TYPE));
  record.peer = record.path = RBI_NONE;
  const bool local = record.family == AF_UNIX;
  if (!local && record.family != AF_INET && record.family != AF_INET6) {
    refusals.add("{} is a socket of address family {}: an image cannot hold it", who,
                 record.family);
    return {};
  }
  record.options = options_of(fd, static_cast<int>(record.family));
  const int locked = option(fd, SOL_SOCKET, SO_BUF_LOCK);
  if ((locked & kSendLocked) != 0) {
    record.send_buffer = static_cast<__u32>(option(fd, SOL_SOCKET, SO_SNDBUF));
  }
  if ((locked & kReceiveLocked) != 0) {
    record.receive_buffer = static_cast<__u32>(option(fd, SOL_SOCKET, SO_RCVBUF));
  }
  const bool listening = option(fd, SOL_SOCKET, SO_ACCEPTCONN) != 0;
  record.state = listening ? RBI_SOCKET_LISTENING : RBI_SOCKET_UNCONNECTED;
  if (!local) {
    read_address(fd, socket);
    if (listening) record.backlog = tcp_backlog(fd);
    if (!listening && is_connected(fd)) {
      refusals.add("{} is a connection over the network: close it first", who);
    }
    return {};
  }
  read_name(fd, who, socket, refusals);
  const auto seen = ask_unix_socket(inode);
  if (!seen) return tl::unexpected<Error>(seen.error());
  if (listening) {
    record.backlog = seen->backlog;
    if (seen->waiting > 0) refusals.add("{} has connections waiting: try again later", who);
    return {};
  }
  if (seen->peer == 0 && !is_connected(fd)) return {};
  record.state = RBI_SOCKET_PAIR;
  socket.peer_inode = seen->peer;
  if ((seen->shutdown & 1) != 0) record.options |= RBI_SOCKET_SHUT_READ;
  if ((seen->shutdown & 2) != 0) record.options |= RBI_SOCKET_SHUT_WRITE;
  socket.who = who;
  if (!socket.path.empty()) {
    refusals.add("{} is a connection to the named socket {}: close it first", who, socket.path);
  }
  return read_unread(fd, who, socket, refusals);
}

void connect_pairs(FoundTree& found, Refusals& refusals) {
  for (FoundSocket& socket : found.sockets) {
    if (socket.record.state != RBI_SOCKET_PAIR || socket.peer_inode == 0) continue;
    const auto peer =
        std::find_if(found.sockets.begin(), found.sockets.end(), [&](const FoundSocket& other) {
          return other.inode == socket.peer_inode && other.record.state == RBI_SOCKET_PAIR;
        });
    if (peer == found.sockets.end()) {
      refusals.add("{} is connected to a socket outside of the tree: close it first", socket.who);
      continue;
    }
    socket.record.peer = static_cast<__u32>(peer - found.sockets.begin());
  }
}

}  // namespace rb::capture
