#include "harness/capture/watches.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/fd.h"

namespace rb::capture {
namespace {

constexpr unsigned kMinorBits = 20;  // MINORBITS, include/linux/kdev_t.h

std::optional<std::vector<std::uint8_t>> parse_bytes(std::string_view digits) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    unsigned byte = 0;
    if (std::sscanf(std::string(digits.substr(i, 2)).c_str(), "%2x", &byte) != 1) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<std::uint8_t>(byte));
  }
  return bytes;
}

/// "inotify wd:1 ino:2a sdev:fe00000 mask:fce ignored_mask:0 fhandle-bytes:8 fhandle-type:1
/// f_handle:2a00000000000000", inotify_fdinfo() in fs/notify/fdinfo.c.
std::optional<InotifyWatch> parse_watch(const std::string& line) {
  InotifyWatch watch;
  unsigned long long inode = 0;
  unsigned device = 0;
  if (std::sscanf(line.c_str(), "inotify wd:%x ino:%llx sdev:%x mask:%x", &watch.number, &inode,
                  &device, &watch.mask) != 4) {
    return std::nullopt;
  }
  watch.inode = inode;
  watch.device = device;
  constexpr std::string_view kHandle = "f_handle:";
  constexpr std::string_view kType = "fhandle-type:";
  const auto handle = line.find(kHandle);
  const auto type = line.find(kType);
  if (handle == std::string::npos || type == std::string::npos) return watch;
  if (std::sscanf(line.c_str() + type + kType.size(), "%x", &watch.handle_type) != 1) {
    return std::nullopt;
  }
  auto bytes = parse_bytes(std::string_view(line).substr(handle + kHandle.size()));
  if (!bytes) return std::nullopt;
  watch.handle = std::move(*bytes);
  return watch;
}

/// A directory of the mounted file system with that number.
OrErrno<Fd> open_mount(std::uint64_t device) {
  const auto mounts = read_whole_file("/proc/self/mountinfo");
  if (!mounts) return tl::unexpected<int>(mounts.error());
  const std::string wanted = std::to_string(device >> kMinorBits) + ":" +
                             std::to_string(device & ((1u << kMinorBits) - 1));
  std::string_view text = *mounts;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    char number[32] = {};
    char point[4096] = {};
    // "36 35 98:0 /root /mount/point ..."; a blank in a path is \040, and then not found here
    if (std::sscanf(line.c_str(), "%*d %*d %31s %*s %4095s", number, point) != 2) continue;
    if (wanted != number) continue;
    Fd fd(::open(point, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid()) fd = Fd(::open(point, O_RDONLY | O_CLOEXEC));  // a file is mounted there
    if (fd.valid()) return fd;
  }
  return tl::unexpected<int>(ENOENT);
}

}  // namespace

std::optional<std::vector<InotifyWatch>> parse_inotify(std::string_view fdinfo) {
  std::vector<InotifyWatch> watches;
  while (!fdinfo.empty()) {
    const auto end = fdinfo.find('\n');
    const std::string line(fdinfo.substr(0, end));
    fdinfo.remove_prefix(end == std::string_view::npos ? fdinfo.size() : end + 1);
    if (!line.starts_with("inotify ")) continue;
    auto watch = parse_watch(line);
    if (!watch) return std::nullopt;
    watches.push_back(std::move(*watch));
  }
  std::sort(watches.begin(), watches.end(),
            [](const InotifyWatch& a, const InotifyWatch& b) { return a.number < b.number; });
  return watches;
}

OrErrno<std::string> path_of(const InotifyWatch& watch) {
  const auto mount = open_mount(watch.device);
  if (!mount) return tl::unexpected<int>(mount.error());
  if (watch.handle.empty()) return tl::unexpected<int>(EOPNOTSUPP);
  // struct file_handle ends with an array of the handle's size.
  std::vector<std::byte> room(sizeof(file_handle) + watch.handle.size());
  auto* handle = reinterpret_cast<file_handle*>(room.data());
  handle->handle_bytes = static_cast<unsigned>(watch.handle.size());
  handle->handle_type = static_cast<int>(watch.handle_type);
  std::memcpy(handle->f_handle, watch.handle.data(), watch.handle.size());
  const Fd fd(::open_by_handle_at(mount->get(), handle, O_PATH | O_CLOEXEC));
  if (!fd.valid()) return tl::unexpected<int>(errno);
  auto path = read_link("/proc/self/fd/" + std::to_string(fd.get()));
  if (!path) return path;
  struct stat its {};
  struct stat named {};
  if (::fstat(fd.get(), &its) != 0 || ::stat(path->c_str(), &named) != 0 ||
      its.st_dev != named.st_dev || its.st_ino != named.st_ino) {
    return tl::unexpected<int>(ENOENT);
  }
  return path;
}

}  // namespace rb::capture
