#include "tests/module/handover.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

namespace rb::test {
namespace {

int require(int fd, const char* what) {
  if (fd >= 0) return fd;
  std::perror(what);
  std::_Exit(3);
}

int open_path(const Image& image, __u32 path, int flags) {
  const std::string name(image.string(path));
  return require(::open(name.c_str(), flags | O_CLOEXEC), name.c_str());
}

int open_listener(const Image& image, const rbi_ofd& ofd) {
  const int fd = require(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string_view name = image.string(image.socket_of(ofd).path);
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  const int bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size);
  // Another restart has the name: the device only looks at the type.
  if (bound != 0 && errno == EADDRINUSE) return fd;
  require(bound, "bind");
  require(::listen(fd, static_cast<int>(image.socket_of(ofd).backlog)), "listen");
  return fd;
}

bool listens_by_name(const Image& image, const rbi_ofd& ofd) {
  return ofd.kind == RBI_OFD_SOCKET && image.socket_of(ofd).path != RBI_NONE;
}

/// Of the right type and access mode, which is all that the device looks at.
int open_stand_in(const rbi_ofd& ofd) {
  int ends[2] = {-1, -1};
  switch (ofd.kind) {
    case RBI_OFD_SOCKET:
      return require(::socket(AF_UNIX, SOCK_DGRAM, 0), "socket");  // a kernel may lack AF_INET
    case RBI_OFD_FIFO:
      require(::pipe2(ends, O_CLOEXEC), "pipe2");
      break;
    case RBI_OFD_MEMFD:
    case RBI_OFD_DELETED:
      ends[0] = require(::memfd_create("stand-in", MFD_CLOEXEC), "memfd_create");
      break;
    case RBI_OFD_EPOLL:
      return require(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    case RBI_OFD_INOTIFY:
      return require(::inotify_init1(IN_CLOEXEC), "inotify_init1");
    default:
      return require(::eventfd(0, EFD_CLOEXEC), "eventfd");
  }
  const std::string path = fmt::format("/proc/self/fd/{}", ends[0]);
  return require(::open(path.c_str(), static_cast<int>(ofd.flags) | O_CLOEXEC), path.c_str());
}

/// Ends of pseudo-terminals, by any number.
class Ptys {
 public:
  explicit Ptys(const Image& image) : image_(image), masters_(image.ptys().size(), -1) {}

  int open_end(const rbi_ofd& ofd) {
    const auto flags = static_cast<int>(ofd.flags) | O_NOCTTY | O_CLOEXEC;
    int& master = masters_[ofd.object];
    if (master < 0) {
      master = require(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), "/dev/ptmx");
      const int unlocked = 0;
      require(::ioctl(master, TIOCSPTLCK, &unlocked), "TIOCSPTLCK");
    }
    if (ofd.kind == RBI_OFD_PTY_MASTER) return master;
    const int slave = require(::ioctl(master, TIOCGPTPEER, flags), "TIOCGPTPEER");
    if ((image_.ptys()[ofd.object].flags & RBI_PTY_HUNG_UP) != 0) ::close(master);
    return slave;
  }

 private:
  const Image& image_;
  std::vector<int> masters_;
};

std::vector<int> open_descriptions(const Image& image) {
  std::vector<int> fds;
  Ptys ptys(image);
  std::vector<std::array<int, 2>> pipes(image.pipes().size(), {-1, -1});
  for (const rbi_ofd& ofd : image.ofds()) {
    if (is_pty(ofd)) {
      fds.push_back(ptys.open_end(ofd));
    } else if (ofd.kind >= RBI_OFD_SOCKET && !listens_by_name(image, ofd)) {
      fds.push_back(open_stand_in(ofd));
    } else if (ofd.kind == RBI_OFD_SOCKET) {
      fds.push_back(open_listener(image, ofd));
    } else if (!is_pipe_end(ofd)) {
      fds.push_back(open_path(image, ofd.path, static_cast<int>(ofd.flags)));
      ::lseek(fds.back(), static_cast<off_t>(ofd.offset), SEEK_SET);
    } else {
      auto& ends = pipes[ofd.object];
      if (ends[0] < 0) require(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
      fds.push_back(ends[ofd.kind == RBI_OFD_PIPE_READ ? 0 : 1]);
    }
  }
  return fds;
}

std::vector<int> open_backings(const Image& image) {
  std::vector<int> fds;
  for (const rbi_backing& backing : image.backings()) {
    if (backing.kind == RBI_BACKING_FILE) {
      fds.push_back(open_path(image, backing.path, O_RDWR));
      continue;
    }
    fds.push_back(require(::memfd_create("shmem", MFD_CLOEXEC), "memfd_create"));
    require(::ftruncate(fds.back(), static_cast<off_t>(backing.size)), "ftruncate");
  }
  return fds;
}

}  // namespace

void make_sample_files() {
  ::mkdir("/tmp/sample", 0700);
  std::ofstream("/tmp/sample/data") << std::string(2 * RBI_PAGE_SIZE, 'x');
}

std::vector<Given> open_everything(const Image& image) {
  std::vector<Given> all;
  all.push_back({RESTART_FILE_OFD, open_descriptions(image)});
  all.push_back({RESTART_FILE_BACKING, open_backings(image)});
  all.push_back({RESTART_FILE_EXE, {}});
  for (const rbi_mm& mm : image.mms()) {
    all.back().fds.push_back(mm.exe == RBI_NONE ? -1 : open_path(image, mm.exe, O_RDONLY));
  }
  all.push_back({RESTART_FILE_CWD, {}});
  for (const rbi_fs& fs : image.fs()) {
    all.back().fds.push_back(open_path(image, fs.cwd, O_PATH));
  }
  all.push_back({RESTART_FILE_ROOT, {}});
  for (const rbi_fs& fs : image.fs()) {
    all.back().fds.push_back(open_path(image, fs.root, O_PATH));
  }
  return all;
}

int give_everything(int device, const std::vector<Given>& everything) {
  for (const Given& given : everything) {
    for (std::size_t first = 0; first < given.fds.size(); first += RESTART_MAX_FILES) {
      const std::size_t count = std::min<std::size_t>(given.fds.size() - first, RESTART_MAX_FILES);
      restart_files files{};
      files.kind = given.kind;
      files.first = static_cast<__u32>(first);
      files.count = static_cast<__u32>(count);
      files.fds = reinterpret_cast<__u64>(given.fds.data() + first);
      if (::ioctl(device, RESTART_GIVE_FILES, &files) != 0) return errno;
    }
  }
  return 0;
}

}  // namespace rb::test
