#include "tests/module/handover.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
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
  require(::bind(fd, reinterpret_cast<const sockaddr*>(&address), size), "bind");
  require(::listen(fd, static_cast<int>(image.socket_of(ofd).backlog)), "listen");
  return fd;
}

std::vector<int> open_descriptions(const Image& image) {
  std::vector<int> fds;
  std::vector<std::array<int, 2>> pipes(image.pipes().size(), {-1, -1});
  for (const rbi_ofd& ofd : image.ofds()) {
    if (ofd.kind == RBI_OFD_SOCKET) {
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
