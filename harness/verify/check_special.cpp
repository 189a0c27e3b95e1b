// Open file descriptions of other kinds than files opened by their path and pipes.
#include "harness/verify/check_special.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "harness/verify/proc_files.h"

namespace rb {
namespace {

constexpr std::uint64_t kAlarmSlack = 3600ull * 1000000000;  // a timer may have run for that long

class SpecialCheck {
 public:
  SpecialCheck(Inspection& inspection, const OpenDescription& open)
      : in_(inspection),
        image_(inspection.image),
        open_(open),
        ofd_(image_.ofds()[open.ofd]),
        name_(fmt::format("{}: fd {}", in_.name(open.task), open.number)) {}

  Status run() {
    switch (ofd_.kind) {
      case RBI_OFD_SOCKET:
        check_socket(image_.socket_of(ofd_));
        break;
      case RBI_OFD_MEMFD:
      case RBI_OFD_DELETED:
        check_contents(image_.backings()[ofd_.object]);
        break;
      case RBI_OFD_FIFO:
        break;
      case RBI_OFD_EPOLL:
        check_epoll();
        break;
      case RBI_OFD_INOTIFY:
        check_inotify();
        break;
      case RBI_OFD_PTY_MASTER:
      case RBI_OFD_PTY_SLAVE:
        check_pty(in_, open_);
        break;
      default:
        check_event(image_.events()[ofd_.object]);
    }
    return {};
  }

 private:
  template <class A, class B>
  void compare(const char* what, const A& expected, const B& found) {
    if (expected == found) return;
    in_.findings.add("{}: {}: expected {}, found {}", name_, what, expected, found);
  }

  [[nodiscard]] int option(int level, int option) const {
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(open_.copy, level, option, &value, &size);
    return value;
  }

  void check_socket(const rbi_socket& socket) {
    compare("socket's family", static_cast<int>(socket.family), option(SOL_SOCKET, SO_DOMAIN));
    compare("socket's type", static_cast<int>(socket.type), option(SOL_SOCKET, SO_TYPE));
    compare("listens", socket.state == RBI_SOCKET_LISTENING ? 1 : 0,
            option(SOL_SOCKET, SO_ACCEPTCONN));
    check_options(socket);
    compare("socket's address", expected_address(socket), found_address());
    if (socket.state == RBI_SOCKET_PAIR) check_pair(socket);
  }

  void check_options(const rbi_socket& socket) {
    struct Option {
      __u32 bit;
      int level;
      int name;
      const char* text;
    };
    constexpr Option kOptions[] = {
        {RBI_SOCKET_REUSEADDR, SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR"},
        {RBI_SOCKET_REUSEPORT, SOL_SOCKET, SO_REUSEPORT, "SO_REUSEPORT"},
        {RBI_SOCKET_KEEPALIVE, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE"},
        {RBI_SOCKET_BROADCAST, SOL_SOCKET, SO_BROADCAST, "SO_BROADCAST"},
        {RBI_SOCKET_PASSCRED, SOL_SOCKET, SO_PASSCRED, "SO_PASSCRED"},
        {RBI_SOCKET_V6ONLY, IPPROTO_IPV6, IPV6_V6ONLY, "IPV6_V6ONLY"},
        {RBI_SOCKET_NODELAY, IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY"},
    };
    for (const Option& wanted : kOptions) {
      const int found = option(wanted.level, wanted.name);
      // An option that the family lacks is not there to be wrong.
      if (found >= 0) compare(wanted.text, (socket.options & wanted.bit) != 0, found != 0);
    }
    if (socket.send_buffer != 0) {
      compare("SO_SNDBUF", static_cast<int>(socket.send_buffer), option(SOL_SOCKET, SO_SNDBUF));
    }
    if (socket.receive_buffer != 0) {
      compare("SO_RCVBUF", static_cast<int>(socket.receive_buffer), option(SOL_SOCKET, SO_RCVBUF));
    }
  }

  [[nodiscard]] std::string expected_address(const rbi_socket& socket) const {
    if (socket.family == AF_UNIX) {
      if (socket.path == RBI_NONE) return "";
      const bool abstract = (socket.options & RBI_SOCKET_ABSTRACT) != 0;
      return fmt::format("{}{}", abstract ? "@" : "", image_.string(socket.path));
    }
    return internet_address(static_cast<int>(socket.family), socket.address, socket.port);
  }

  [[nodiscard]] static std::string internet_address(int family, const void* address,
                                                    unsigned port) {
    char text[INET6_ADDRSTRLEN] = {};
    ::inet_ntop(family, address, text, sizeof text);
    return fmt::format("{} port {}", text, port);
  }

  [[nodiscard]] std::string found_address() const {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(open_.copy, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "?";
    if (address.ss_family == AF_INET) {
      const auto& four = reinterpret_cast<const sockaddr_in&>(address);
      return internet_address(AF_INET, &four.sin_addr, ntohs(four.sin_port));
    }
    if (address.ss_family == AF_INET6) {
      const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
      return internet_address(AF_INET6, &six.sin6_addr, ntohs(six.sin6_port));
    }
    if (size <= offsetof(sockaddr_un, sun_path)) return "";
    const auto& local = reinterpret_cast<const sockaddr_un&>(address);
    const std::size_t length = size - offsetof(sockaddr_un, sun_path);
    if (local.sun_path[0] == 0) return "@" + std::string(local.sun_path + 1, length - 1);
    return {local.sun_path, ::strnlen(local.sun_path, length)};
  }

  /// What is unread, without reading it: the stream, or the first datagram. Whether
  /// the other end is open.
  void check_pair(const rbi_socket& socket) {
    std::vector<std::byte> expected;
    for (const rbi_message& message : image_.messages()) {
      if (message.socket != ofd_.object) continue;
      const auto data = image_.message_data(message);
      expected.insert(expected.end(), data.begin(), data.end());
      if (socket.type != SOCK_STREAM) break;
    }
    std::vector<std::byte> found(expected.size() + 1);
    const ssize_t got =
        ::recv(open_.copy, found.data(), found.size(), MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC);
    found.resize(got < 0 ? 0 : std::min(static_cast<std::size_t>(got), found.size()));
    compare("unread bytes", expected.size(), got < 0 ? 0 : static_cast<std::size_t>(got));
    if (found != expected) in_.findings.add("{}: what is unread differs", name_);

    pollfd events{open_.copy, POLLRDHUP, 0};
    ::poll(&events, 1, 0);
    const bool connected = socket.type != SOCK_DGRAM;
    const __u32 shut = RBI_SOCKET_SHUT_READ | RBI_SOCKET_SHUT_WRITE;
    // Closed when the store is: the tree is released then.
    if (connected && in_.moment == Moment::kRunning && (socket.options & shut) == 0) {
      compare("hung up", socket.peer == RBI_NONE, (events.revents & POLLHUP) != 0);
    }
  }

  void check_contents(const rbi_backing& backing) {
    struct stat status {};
    ::fstat(open_.copy, &status);
    compare("size", backing.size, static_cast<std::uint64_t>(status.st_size));
    compare("mode", backing.mode, static_cast<__u32>(status.st_mode & 0777));
    compare("names", 0u, static_cast<unsigned>(status.st_nlink));
    if (ofd_.kind == RBI_OFD_MEMFD) {
      compare("seals", static_cast<int>(backing.seals), ::fcntl(open_.copy, F_GET_SEALS));
      compare("memfd's name", fmt::format("/memfd:{} (deleted)", image_.string(backing.path)),
              open_.link);
    }
    for (const rbi_run& run : image_.runs_of(backing)) {
      const auto wanted = image_.contents(run);
      const std::size_t size = std::min<std::uint64_t>(wanted.size(), backing.size - run.address);
      std::vector<std::byte> found(size);
      const int fd = ::open(fmt::format("/proc/self/fd/{}", open_.copy).c_str(), O_RDONLY);
      const ssize_t got = ::pread(fd, found.data(), size, static_cast<off_t>(run.address));
      ::close(fd);
      if (got != static_cast<ssize_t>(size) ||
          std::memcmp(found.data(), wanted.data(), size) != 0) {
        in_.findings.add("{}: contents from {} on differ", name_, run.address);
      }
    }
  }

  /// The value behind "key:" in fdinfo, as the kernel prints it.
  [[nodiscard]] std::string info(std::string_view key) const {
    const auto at = open_.info.find(fmt::format("{}:", key));
    if (at == std::string::npos) return "?";
    const auto start = open_.info.find_first_not_of(" \t", at + key.size() + 1);
    return open_.info.substr(start, open_.info.find('\n', start) - start);
  }

  /// "(seconds, nanoseconds)"
  [[nodiscard]] std::uint64_t info_time(std::string_view key) const {
    unsigned long long seconds = 0;
    unsigned long long ns = 0;
    std::sscanf(info(key).c_str(), "(%llu, %llu)", &seconds, &ns);
    return seconds * 1000000000 + ns;
  }

  void check_event(const rbi_event& event) {
    if (ofd_.kind == RBI_OFD_EVENTFD) {
      compare("eventfd's count", fmt::format("{:x}", event.value), info("eventfd-count"));
    } else if (ofd_.kind == RBI_OFD_SIGNALFD) {
      compare("signalfd's mask", fmt::format("{:016x}", event.value), info("sigmask"));
    } else {
      compare("timerfd's clock", fmt::format("{}", event.clock), info("clockid"));
      compare("timerfd's ticks", fmt::format("{}", event.ticks), info("ticks"));
      compare("timerfd's interval", event.interval, info_time("it_interval"));
      const std::uint64_t left = info_time("it_value");
      if (left > event.value || event.value - left > kAlarmSlack ||
          (left == 0) != (event.value == 0)) {
        in_.findings.add("{}: timerfd's time left: expected {} ns or less, found {}", name_,
                         event.value, left);
      }
    }
  }

  void check_epoll() {
    std::vector<std::string> expected;
    for (const rbi_epoll_item& item : image_.epoll_items()) {
      if (item.epoll != open_.ofd) continue;
      expected.push_back(
          fmt::format("{} {:x} {:x}", item.fd, item.events | EPOLLERR | EPOLLHUP, item.data));
    }
    std::vector<std::string> found;
    for (std::size_t at = open_.info.find("tfd:"); at != std::string::npos;
         at = open_.info.find("tfd:", at + 1)) {
      int fd = 0;
      unsigned events = 0;
      unsigned long long data = 0;
      std::sscanf(open_.info.c_str() + at, "tfd: %d events: %x data: %llx", &fd, &events, &data);
      found.push_back(fmt::format("{} {:x} {:x}", fd, events, data));
    }
    std::sort(expected.begin(), expected.end());
    std::sort(found.begin(), found.end());
    compare("epoll watches (fd events data)", fmt::format("{}", fmt::join(expected, ", ")),
            fmt::format("{}", fmt::join(found, ", ")));
  }

  void check_inotify() {
    std::vector<std::string> expected;
    for (const rbi_watch& watch : image_.watches()) {
      if (watch.inotify != open_.ofd) continue;
      struct stat status {};
      ::stat(image_.string(watch.path).data(), &status);
      expected.push_back(fmt::format("{:x} {:x} {:x}", watch.wd, status.st_ino, watch.mask));
    }
    std::vector<std::string> found;
    for (std::size_t at = open_.info.find("inotify wd:"); at != std::string::npos;
         at = open_.info.find("inotify wd:", at + 1)) {
      unsigned wd = 0;
      unsigned long inode = 0;
      unsigned device = 0;
      unsigned mask = 0;
      std::sscanf(open_.info.c_str() + at, "inotify wd:%x ino:%lx sdev:%x mask:%x", &wd, &inode,
                  &device, &mask);
      found.push_back(fmt::format("{:x} {:x} {:x}", wd, inode, mask));
    }
    std::sort(expected.begin(), expected.end());
    std::sort(found.begin(), found.end());
    compare("inotify watches (wd inode mask)", fmt::format("{}", fmt::join(expected, ", ")),
            fmt::format("{}", fmt::join(found, ", ")));
  }

  Inspection& in_;
  const Image& image_;
  const OpenDescription& open_;
  const rbi_ofd& ofd_;
  std::string name_;
};

}  // namespace

Status check_special(Inspection& inspection, const OpenDescription& open) {
  return SpecialCheck(inspection, open).run();
}

}  // namespace rb
