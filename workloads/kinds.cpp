// Open file descriptions of every kind that is not a file or a pipe: sockets, event
// sources and what they watch, files without a name; and locks. In a process and
// its child, which share all of them.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/socket.h>

#include <algorithm>

#include "workloads/parameters.h"
#include "workloads/registry.h"
#include "workloads/synthetic/appended.h"
#include "workloads/synthetic/descriptors.h"
#include "workloads/synthetic/pattern.h"
#include "workloads/synthetic/purposes.h"

namespace rb {
namespace {

constexpr Parameter kParameters[] = {
    {"n", "descriptions of each kind", 1, 1, 100, "1,10"},
};

constexpr std::uint64_t kDay = 86400ull * 1000000000;  // ns: never over in a test

/// Adds one description of each kind, with numbers in both tables.
class Kinds {
 public:
  Kinds(const SyntheticTree& tree, ImageWriter& writer, std::string directory)
      : tree_(tree), writer_(writer), added_(writer), directory_(std::move(directory)) {}

  void add(std::uint32_t i) {
    add_internet(i);
    add_unix(i);
    const __u32 stream = add_pair(i, SOCK_STREAM, true);
    add_pair(i, SOCK_DGRAM, true);
    add_pair(i, SOCK_SEQPACKET, false);
    const __u32 count = add_event(RBI_OFD_EVENTFD, {0, i % 2, i + 3, 0, 0});
    const __u32 timer = add_event(RBI_OFD_TIMERFD, {1, 0, kDay, 1000 + i, i % 3});
    const __u32 signals = add_event(RBI_OFD_SIGNALFD, {0, 0, 0x4000 + i * 2, 0, 0});
    add_epoll(i, {stream, count, timer, signals});
    add_inotify(i);
    add_file(RBI_OFD_MEMFD, fmt::format("kinds-{}", i), i);
    add_file(RBI_OFD_DELETED, fmt::format("{}/deleted-{}", directory_, i), i);
  }

  void finish() { added_.finish(); }

 private:
  /// Ports of a tree are its own, as are its names.
  [[nodiscard]] std::uint32_t port(std::uint32_t i) const {
    return 20000 + static_cast<std::uint32_t>(tree_.seed(kSeedPort, 0) % 30000) + 4 * i;
  }

  __u32 add_socket(const rbi_socket& socket, __u32 flags, std::int32_t owner = 0) {
    writer_.sockets.push_back(socket);
    rbi_ofd ofd{};
    ofd.kind = RBI_OFD_SOCKET;
    ofd.path = RBI_NONE;
    ofd.flags = O_RDWR | flags;
    ofd.object = static_cast<__u32>(writer_.sockets.size() - 1);
    ofd.owner = owner;
    return added_.add(ofd);
  }

  void add_internet(std::uint32_t i) {
    rbi_socket four = unnamed_socket(AF_INET, SOCK_STREAM, RBI_SOCKET_LISTENING);
    four.options = RBI_SOCKET_REUSEADDR | RBI_SOCKET_KEEPALIVE | RBI_SOCKET_NODELAY;
    four.backlog = 511;
    four.port = port(i);
    add_socket(four, O_NONBLOCK);
    rbi_socket six = unnamed_socket(AF_INET6, SOCK_STREAM, RBI_SOCKET_LISTENING);
    six.options = RBI_SOCKET_REUSEADDR | RBI_SOCKET_REUSEPORT | RBI_SOCKET_V6ONLY;
    six.backlog = 128;
    six.port = port(i);
    add_socket(six, 0);
    rbi_socket datagram = unnamed_socket(AF_INET, SOCK_DGRAM, RBI_SOCKET_UNCONNECTED);
    datagram.options = RBI_SOCKET_BROADCAST | RBI_SOCKET_REUSEADDR;
    datagram.receive_buffer = 65536;
    datagram.port = port(i);
    add_socket(datagram, O_NONBLOCK);
    add_socket(unnamed_socket(AF_INET, SOCK_STREAM, RBI_SOCKET_UNCONNECTED), 0);
  }

  void add_unix(std::uint32_t i) {
    rbi_socket named = unnamed_socket(AF_UNIX, SOCK_STREAM, RBI_SOCKET_LISTENING);
    named.backlog = 16;
    named.path = writer_.add_string(fmt::format("{}/socket-{}", directory_, i));
    named.mode = 0666;
    add_socket(named, O_NONBLOCK);
    rbi_socket abstract = unnamed_socket(AF_UNIX, SOCK_SEQPACKET, RBI_SOCKET_LISTENING);
    abstract.options = RBI_SOCKET_ABSTRACT | RBI_SOCKET_PASSCRED;
    abstract.backlog = 3;
    abstract.path =
        writer_.add_string(fmt::format("restartbench-{:016x}-{}", tree_.seed(kSeedPort, 1), i));
    add_socket(abstract, 0);
  }

  void add_message(__u32 socket, std::uint64_t size) {
    std::vector<std::byte> bytes(size);
    fill_pattern(bytes, tree_.seed(kSeedMessage, writer_.messages.size()));
    writer_.messages.push_back({socket, static_cast<__u32>(size), writer_.add_bytes(bytes)});
  }

  /// A pair with something unread; its second end told the root of events, or closed.
  __u32 add_pair(std::uint32_t i, __u32 type, bool both) {
    const auto first = static_cast<__u32>(writer_.sockets.size());
    rbi_socket socket = unnamed_socket(AF_UNIX, type, RBI_SOCKET_PAIR);
    socket.peer = both ? first + 1 : RBI_NONE;
    const __u32 ofd = add_socket(socket, O_NONBLOCK);
    if (both) {
      socket.peer = first;
      if (type == SOCK_STREAM) socket.options = RBI_SOCKET_SHUT_READ;
      const bool told = type == SOCK_DGRAM;
      add_socket(socket, told ? O_ASYNC : 0,
                 told ? static_cast<std::int32_t>(SyntheticTree::pid(tree_.root())) : 0);
    }
    add_message(first, 1000 + i);
    if (type == SOCK_DGRAM) add_message(first, 17);
    return ofd;
  }

  __u32 add_event(rbi_ofd_kind kind, const rbi_event& event) {
    writer_.events.push_back(event);
    rbi_ofd ofd{};
    ofd.kind = kind;
    ofd.path = RBI_NONE;
    ofd.flags = O_RDWR | (kind == RBI_OFD_EVENTFD ? O_NONBLOCK : 0);
    ofd.object = static_cast<__u32>(writer_.events.size() - 1);
    return added_.add(ofd);
  }

  __u32 add_watcher(rbi_ofd_kind kind, __u32 flags) {
    rbi_ofd ofd{};
    ofd.kind = kind;
    ofd.path = RBI_NONE;
    ofd.flags = flags;
    ofd.object = RBI_NONE;
    return added_.add(ofd);
  }

  /// By numbers that they have, and one by a number that is closed since.
  void add_epoll(std::uint32_t i, const std::vector<__u32>& watched) {
    const __u32 epoll = add_watcher(RBI_OFD_EPOLL, O_RDWR);
    writer_.epoll_items.push_back({epoll, 900 + i, watched[0], EPOLLOUT | EPOLLONESHOT, i});
    for (const __u32 ofd : watched) {
      writer_.epoll_items.push_back(
          {epoll, added_.number_of(ofd), ofd, EPOLLIN | EPOLLET, 0x123400000000ull + i + ofd});
    }
  }

  void add_inotify(std::uint32_t i) {
    const __u32 inotify = add_watcher(RBI_OFD_INOTIFY, O_RDONLY | O_NONBLOCK);
    writer_.watches.push_back(
        {inotify, 1 + i, IN_CREATE | IN_DELETE, writer_.add_string(directory_)});
    writer_.watches.push_back({inotify, 5 + i, IN_MODIFY, writer_.add_string("/")});
  }

  void add_file(rbi_ofd_kind kind, const std::string& name, std::uint32_t i) {
    constexpr std::uint64_t kSize = 10000;
    const std::uint64_t seed = tree_.seed(kSeedMessage, (1ull << 32) + i * 2 + kind);
    rbi_backing backing{};
    backing.kind = kind == RBI_OFD_MEMFD ? RBI_BACKING_MEMFD : RBI_BACKING_DELETED;
    backing.path = writer_.add_string(name);
    backing.size = kSize;
    backing.run_first = writer_.add_run(
        0, 3, [seed](std::span<std::byte> pages) { fill_pattern(pages.first(kSize), seed); });
    backing.run_count = 1;
    backing.mode = 0640;
    if (kind == RBI_OFD_MEMFD) backing.seals = F_SEAL_SHRINK | F_SEAL_GROW;
    writer_.backings.push_back(backing);
    rbi_ofd ofd{};
    ofd.kind = kind;
    ofd.path = RBI_NONE;
    ofd.flags = O_RDWR | O_APPEND;
    ofd.object = static_cast<__u32>(writer_.backings.size() - 1);
    ofd.offset = 100 + i;
    added_.add(ofd);
  }

  const SyntheticTree& tree_;
  ImageWriter& writer_;
  AppendedDescriptors added_;
  std::string directory_;
};

Status build(const ParameterValues& values, ImageWriter& writer) {
  SyntheticTree tree("kinds", seed_of(values));
  const std::string directory = tree.add_directory(0);
  RegularFiles files(tree);
  tree.add_fd(tree.root(), files.open(0, O_RDWR));
  tree.fork(tree.root());
  tree.write(writer);
  // The file that is open besides: locked as a whole, and a range of it.
  const auto file = std::find_if(writer.ofds.begin(), writer.ofds.end(),
                                 [](const rbi_ofd& ofd) { return ofd.kind == RBI_OFD_FILE; });
  file->flock = RBI_FLOCK_EXCLUSIVE;
  const auto ofd = static_cast<__u32>(file - writer.ofds.begin());
  Kinds kinds(tree, writer, directory);
  for (std::int64_t i = 0; i < value_of(values, "n"); ++i) kinds.add(static_cast<std::uint32_t>(i));
  writer.locks.push_back({0, ofd, F_WRLCK, SyntheticTree::pid(tree.root()), 10, 20});
  writer.locks.push_back({1, ofd, F_RDLCK, SyntheticTree::pid(TaskId{1}), 50, 7});
  writer.locks.push_back({RBI_NONE, ofd, F_WRLCK, 0, 1000, 0});
  kinds.finish();
  return {};
}

}  // namespace

const Workload kKinds = {"kinds",
                         "n descriptions of each kind: sockets, events, epoll, memfds, locks",
                         kParameters, build};

}  // namespace rb
