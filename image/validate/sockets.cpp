// Sockets and what is unread in them.
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

constexpr std::uint64_t kMaxInt = INT32_MAX;
constexpr std::uint64_t kMaxPort = 65535;
constexpr std::size_t kMaxName = 107;  // sun_path with a NUL before or behind it, unix(7)

constexpr std::uint64_t kUnixOptions =
    RBI_SOCKET_PASSCRED | RBI_SOCKET_ABSTRACT | RBI_SOCKET_SHUT_READ | RBI_SOCKET_SHUT_WRITE |
    RBI_SOCKET_REUSEADDR | RBI_SOCKET_KEEPALIVE | RBI_SOCKET_BROADCAST;
constexpr std::uint64_t kInetOptions = RBI_SOCKET_REUSEADDR | RBI_SOCKET_REUSEPORT |
                                       RBI_SOCKET_KEEPALIVE | RBI_SOCKET_BROADCAST |
                                       RBI_SOCKET_NODELAY;

Status check_peer(const View& view, const At& at, std::size_t i, const rbi_socket& socket) {
  if (socket.state != RBI_SOCKET_PAIR) {
    RB_TRY(at.require(socket.peer == RBI_NONE, "peer", "must be none but for one of a pair"));
    return at.bits("options", socket.options,
                   RBI_SOCKET_ALL_OPTIONS & ~(RBI_SOCKET_SHUT_READ | RBI_SOCKET_SHUT_WRITE));
  }
  RB_TRY(at.require(socket.path == RBI_NONE, "path", "must be none for one of a pair"));
  if (socket.peer == RBI_NONE) return {};
  RB_TRY(at.index("peer", socket.peer, RBI_SEC_SOCKETS));
  const rbi_socket& peer = view.table<rbi_socket>(RBI_SEC_SOCKETS)[socket.peer];
  return at.require(socket.peer != i && peer.peer == i && peer.state == RBI_SOCKET_PAIR &&
                        peer.family == socket.family && peer.type == socket.type,
                    "peer", "must be another socket of the same type whose peer is this one");
}

Status check_unix(const View& view, const At& at, const rbi_socket& socket) {
  RB_TRY(at.require(
      socket.type == SOCK_STREAM || socket.type == SOCK_DGRAM || socket.type == SOCK_SEQPACKET,
      "type", "must be SOCK_STREAM (1), SOCK_DGRAM (2) or SOCK_SEQPACKET (5)"));
  RB_TRY(at.bits("options", socket.options, kUnixOptions));
  RB_TRY(at.zero("port", socket.port));
  RB_TRY(at.zero("scope", socket.scope));
  RB_TRY(at.require(std::all_of(std::begin(socket.address), std::end(socket.address),
                                [](__u32 word) { return word == 0; }),
                    "address", "must be zero for AF_UNIX"));
  const bool abstract = (socket.options & RBI_SOCKET_ABSTRACT) != 0;
  if (socket.path == RBI_NONE) {
    RB_TRY(at.require(!abstract, "options", "must not have RBI_SOCKET_ABSTRACT without a path"));
    RB_TRY(at.require(socket.state != RBI_SOCKET_LISTENING, "path",
                      "must be there for a listening socket"));
    return at.require(socket.mode == 0, "mode", "must be zero without a path");
  }
  if (abstract) {
    RB_TRY(at.require(view.is_string(socket.path), "path", "must be the offset of a string"));
    RB_TRY(at.require(socket.mode == 0, "mode", "must be zero for an abstract name"));
  } else {
    RB_TRY(at.path("path", socket.path));
    RB_TRY(at.bits("mode", socket.mode, 0777));
  }
  const std::size_t length = view.string(socket.path).size();
  return at.require(length >= 1 && length <= kMaxName, "path",
                    "must be a path or an abstract name of 1 to 107 bytes");
}

Status check_inet(const At& at, const rbi_socket& socket) {
  const bool six = socket.family == AF_INET6;
  RB_TRY(at.require(socket.type == SOCK_STREAM || socket.type == SOCK_DGRAM, "type",
                    "must be SOCK_STREAM (1) or SOCK_DGRAM (2)"));
  RB_TRY(
      at.require(socket.state != RBI_SOCKET_PAIR, "state", "must not be a pair for this family"));
  RB_TRY(at.bits("options", socket.options,
                 kInetOptions | (six ? std::uint64_t{RBI_SOCKET_V6ONLY} : 0)));
  RB_TRY(at.require(socket.path == RBI_NONE, "path", "must be none for this family"));
  RB_TRY(at.zero("mode", socket.mode));
  RB_TRY(at.within("port", socket.port, 0, kMaxPort));
  RB_TRY(at.require(socket.port != 0 || socket.state != RBI_SOCKET_LISTENING, "port",
                    "must not be 0 for a listening socket"));
  RB_TRY(at.require(six || socket.scope == 0, "scope", "must be zero but for AF_INET6"));
  const __u32* first = socket.address + (socket.port == 0 ? 0 : six ? 4 : 1);
  return at.require(std::all_of(first, std::end(socket.address), [](__u32 w) { return w == 0; }),
                    "address", "must be zero in words that the family lacks, and without a port");
}

Status check_socket(const View& view, std::size_t i, const rbi_socket& socket) {
  const At at(view, RBI_SEC_SOCKETS, i);
  RB_TRY(at.within("state", socket.state, 0, RBI_SOCKET_STATE_COUNT - 1));
  RB_TRY(at.bits("options", socket.options, RBI_SOCKET_ALL_OPTIONS));
  RB_TRY(at.within("send_buffer", socket.send_buffer, 0, kMaxInt));
  RB_TRY(at.within("receive_buffer", socket.receive_buffer, 0, kMaxInt));
  if (socket.family == AF_UNIX) {
    RB_TRY(check_unix(view, at, socket));
  } else {
    RB_TRY(at.require(socket.family == AF_INET || socket.family == AF_INET6, "family",
                      "must be AF_UNIX (1), AF_INET (2) or AF_INET6 (10)"));
    RB_TRY(check_inet(at, socket));
  }
  if (socket.state == RBI_SOCKET_LISTENING) {
    RB_TRY(at.require(socket.type != SOCK_DGRAM, "state", "a datagram socket does not listen"));
    RB_TRY(at.within("backlog", socket.backlog, 0, kMaxInt));
  } else {
    RB_TRY(at.zero("backlog", socket.backlog));
  }
  return check_peer(view, at, i, socket);
}

/// Two sockets can't be bound to one name: bind(2) fails with EADDRINUSE.
Status check_unique_names(const View& view) {
  const auto sockets = view.table<rbi_socket>(RBI_SEC_SOCKETS);
  using Name = std::pair<std::string_view, std::size_t>;
  std::vector<Name> names[2];
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    if (sockets[i].path == RBI_NONE) continue;
    const bool abstract = (sockets[i].options & RBI_SOCKET_ABSTRACT) != 0;
    names[abstract ? 1 : 0].emplace_back(view.string(sockets[i].path), i);
  }
  for (auto& kind : names) {
    std::sort(kind.begin(), kind.end());
    const auto twice = std::adjacent_find(
        kind.begin(), kind.end(), [](const Name& a, const Name& b) { return a.first == b.first; });
    if (twice == kind.end()) continue;
    return At(view, RBI_SEC_SOCKETS, std::next(twice)->second)
        .refuse("path", fmt::format("must be unique, sockets[{}] has it too", twice->second));
  }
  return {};
}

Status check_message(const View& view, std::size_t i, const rbi_message& message,
                     const rbi_message* before) {
  const At at(view, RBI_SEC_MESSAGES, i);
  RB_TRY(at.index("socket", message.socket, RBI_SEC_SOCKETS));
  const rbi_socket& socket = view.table<rbi_socket>(RBI_SEC_SOCKETS)[message.socket];
  RB_TRY(at.require(socket.state == RBI_SOCKET_PAIR, "socket", "must be one of a pair"));
  RB_TRY(at.require(before == nullptr || before->socket <= message.socket, "socket",
                    "must not lie below that of the message before it"));
  return at.require(message.size > 0 || socket.type != SOCK_STREAM, "size",
                    "must be 1 or more for a stream");
}

}  // namespace

Status check_sockets(const View& view) {
  const auto sockets = view.table<rbi_socket>(RBI_SEC_SOCKETS);
  for (std::size_t i = 0; i < sockets.size(); ++i) RB_TRY(check_socket(view, i, sockets[i]));
  RB_TRY(check_unique_names(view));
  const auto messages = view.table<rbi_message>(RBI_SEC_MESSAGES);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    RB_TRY(check_message(view, i, messages[i], i == 0 ? nullptr : &messages[i - 1]));
  }
  return {};
}

}  // namespace rb::validation
