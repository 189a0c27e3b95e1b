#include "harness/capture/unix_diag.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/fd.h"

namespace rb::capture {
namespace {

constexpr const char* kAdvice = "load the kernel's module unix_diag, or use another kernel";

template <class Value>
Value value_of(const rtattr* attribute) {
  Value value{};
  std::memcpy(&value, RTA_DATA(attribute),
              std::min<std::size_t>(sizeof value, RTA_PAYLOAD(attribute)));
  return value;
}

UnixSocket parse(nlmsghdr* header) {
  UnixSocket socket;
  auto* const message = static_cast<unix_diag_msg*>(NLMSG_DATA(header));
  auto* attribute = reinterpret_cast<rtattr*>(message + 1);
  auto length = static_cast<int>(header->nlmsg_len - NLMSG_LENGTH(sizeof *message));
  for (; RTA_OK(attribute, length); attribute = RTA_NEXT(attribute, length)) {
    if (attribute->rta_type == UNIX_DIAG_PEER) socket.peer = value_of<__u32>(attribute);
    if (attribute->rta_type == UNIX_DIAG_SHUTDOWN) socket.shutdown = value_of<__u8>(attribute);
    if (attribute->rta_type == UNIX_DIAG_RQLEN) {
      const auto queue = value_of<unix_diag_rqlen>(attribute);
      socket.waiting = queue.udiag_rqueue;
      socket.backlog = queue.udiag_wqueue;
    }
  }
  return socket;
}

}  // namespace

Result<UnixSocket> ask_unix_socket(std::uint64_t inode) {
  const Fd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!netlink.valid()) return fail_errno("cannot ask for Unix sockets", errno, kAdvice);
  struct {
    nlmsghdr header;
    unix_diag_req request;
  } asking{};
  asking.header.nlmsg_len = sizeof asking;
  asking.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  asking.header.nlmsg_flags = NLM_F_REQUEST;
  asking.request.sdiag_family = AF_UNIX;
  asking.request.udiag_states = ~0u;
  asking.request.udiag_ino = static_cast<__u32>(inode);
  asking.request.udiag_show = UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN;
  asking.request.udiag_cookie[0] = asking.request.udiag_cookie[1] = ~0u;  // any
  if (::send(netlink.get(), &asking, sizeof asking, 0) < 0) {
    return fail_errno("cannot ask for Unix sockets", errno, kAdvice);
  }
  alignas(nlmsghdr) std::array<char, 8192> answer{};
  const ssize_t got = ::recv(netlink.get(), answer.data(), answer.size(), 0);
  auto* const header = reinterpret_cast<nlmsghdr*>(answer.data());
  if (got < 0 || !NLMSG_OK(header, static_cast<std::size_t>(got))) {
    return fail_errno("cannot ask for Unix sockets", got < 0 ? errno : EPROTO, kAdvice);
  }
  if (header->nlmsg_type == NLMSG_ERROR) {
    const auto* error = static_cast<const nlmsgerr*>(NLMSG_DATA(header));
    if (error->error == -ENOENT) {
      // Also where there is no module for Unix sockets.
      return fail_errno("the kernel tells nothing of a Unix socket", ENOENT, kAdvice);
    }
    return fail_errno("the kernel tells nothing of a Unix socket", -error->error, kAdvice);
  }
  return parse(header);
}

}  // namespace rb::capture
