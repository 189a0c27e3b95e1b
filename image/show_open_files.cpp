// What open file descriptions of other kinds than files and pipes are.
#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <vector>

#include "image/fields.h"
#include "image/show_parts.h"

namespace rb::show {
namespace {

std::string_view type_name(__u32 type) {
  switch (type) {
    case SOCK_STREAM:
      return "stream";
    case SOCK_DGRAM:
      return "datagram";
    default:
      return "seqpacket";
  }
}

std::string address_text(const Image& image, const rbi_socket& socket) {
  if (socket.family == AF_UNIX) {
    if (socket.path == RBI_NONE) return "";
    const bool abstract = (socket.options & RBI_SOCKET_ABSTRACT) != 0;
    return fmt::format(" {}{}", abstract ? "@" : "", quoted(image.string(socket.path)));
  }
  if (socket.port == 0) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(static_cast<int>(socket.family), socket.address, text.data(), text.size());
  return socket.family == AF_INET ? fmt::format(" {}:{}", text.data(), socket.port)
                                  : fmt::format(" [{}]:{}", text.data(), socket.port);
}

std::string state_text(const rbi_socket& socket) {
  switch (socket.state) {
    case RBI_SOCKET_LISTENING:
      return fmt::format(", listening, backlog {}", socket.backlog);
    case RBI_SOCKET_PAIR:
      return socket.peer == RBI_NONE ? ", of a pair whose other end is closed"
                                     : fmt::format(", of a pair with socket {}", socket.peer);
    default:
      return "";
  }
}

std::string socket_text(const Image& image, const rbi_socket& socket) {
  const std::string_view family = socket.family == AF_UNIX   ? "Unix"
                                  : socket.family == AF_INET ? "IPv4"
                                                             : "IPv6";
  const __u32 options = socket.options & ~RBI_SOCKET_ABSTRACT;
  return fmt::format("{} {} socket{}{}{}", family, type_name(socket.type),
                     address_text(image, socket), state_text(socket),
                     options == 0 ? "" : fmt::format(", options {:#x}", options));
}

std::string event_text(const rbi_ofd& ofd, const rbi_event& event) {
  switch (ofd.kind) {
    case RBI_OFD_EVENTFD:
      return fmt::format("eventfd, count {}{}", event.value,
                         (event.flags & RBI_EVENT_SEMAPHORE) != 0 ? ", semaphore" : "");
    case RBI_OFD_TIMERFD:
      return fmt::format("timerfd of clock {}, {} ns left, interval {} ns, {} unread", event.clock,
                         event.value, event.interval, event.ticks);
    default:
      return fmt::format("signalfd of {}", signal_list(event.value));
  }
}

}  // namespace

std::string special_text(const Image& image, const rbi_ofd& ofd) {
  switch (ofd.kind) {
    case RBI_OFD_SOCKET:
      return fmt::format("socket {}: {}", ofd.object,
                         socket_text(image, image.sockets()[ofd.object]));
    case RBI_OFD_FIFO:
      return fmt::format("FIFO {}, pipe {}", quoted(image.string(ofd.path)), ofd.object);
    case RBI_OFD_MEMFD:
      return fmt::format("memfd {}, backing {}",
                         quoted(image.string(image.backings()[ofd.object].path)), ofd.object);
    case RBI_OFD_DELETED:
      return fmt::format("deleted file {}, backing {}",
                         quoted(image.string(image.backings()[ofd.object].path)), ofd.object);
    case RBI_OFD_EPOLL:
      return "epoll";
    case RBI_OFD_INOTIFY:
      return "inotify";
    case RBI_OFD_PTY_MASTER:
      return fmt::format("master {} of pty {}", quoted(image.string(ofd.path)), ofd.object);
    case RBI_OFD_PTY_SLAVE:
      return fmt::format("slave {} of pty {}", quoted(image.string(ofd.path)), ofd.object);
    default:
      return event_text(ofd, image.events()[ofd.object]);
  }
}

void open_files(Page& page, const Image& image) {
  const auto messages = image.messages();
  for (std::size_t i = 0; i < page.rows(messages.size()); ++i) {
    page.line("  message {}: {} unread in socket {}", i, counted(messages[i].size, "byte"),
              messages[i].socket);
  }
  page.rest(messages.size(), "messages", "  ");
  const auto items = image.epoll_items();
  for (std::size_t i = 0; i < page.rows(items.size()); ++i) {
    page.line("  epoll ofd {} watches ofd {} as fd {}: events {:#x}, data {:#x}", items[i].epoll,
              items[i].ofd, items[i].fd, items[i].events, items[i].data);
  }
  page.rest(items.size(), "epoll items", "  ");
  const auto watches = image.watches();
  for (std::size_t i = 0; i < page.rows(watches.size()); ++i) {
    page.line("  inotify ofd {} watches {} as {}: mask {:#x}", watches[i].inotify,
              quoted(image.string(watches[i].path)), watches[i].wd, watches[i].mask);
  }
  page.rest(watches.size(), "watches", "  ");
  const auto locks = image.locks();
  for (std::size_t i = 0; i < page.rows(locks.size()); ++i) {
    const rbi_lock& lock = locks[i];
    page.line("  {} lock of ofd {} from {}, {}, by {}", lock.type == 0 ? "read" : "write", lock.ofd,
              lock.start, lock.length == 0 ? "to the end" : counted(lock.length, "byte"),
              lock.files == RBI_NONE ? "the description"
                                     : fmt::format("files {}, pid {}", lock.files, lock.pid));
  }
  page.rest(locks.size(), "locks", "  ");
}

}  // namespace rb::show
