#include "harness/vm/guest_root.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "harness/vm/qemu.h"

namespace rb::vm {
namespace {

constexpr char kNewRoot[] = "/host";

struct Mount {
  const char* type;
  const char* target;
  const char* options;
  bool alike = true;  ///< with the directories of what it hides
};
/// In this order: some are inside of others.
constexpr Mount kOwn[] = {{"proc", "/proc", nullptr},
                          {"sysfs", "/sys", nullptr},
                          {"devtmpfs", "/dev", nullptr},
                          {"devpts", "/dev/pts", "mode=620,ptmxmode=666"},
                          {"tmpfs", "/dev/shm", "mode=1777"}};

/// Where programs write. Debian's servers want directories of theirs there. Not /var/cache, which
/// has programs that tests run.
constexpr Mount kWritable[] = {
    {"tmpfs", "/tmp", "mode=1777", false}, {"tmpfs", "/var/tmp", "mode=1777", false},
    {"tmpfs", "/run", "mode=755"},         {"tmpfs", "/var/lib", "mode=755"},
    {"tmpfs", "/var/log", "mode=755"},     {"tmpfs", "/var/spool", "mode=755"}};

struct Directory {
  std::string path;  ///< below the one that was looked into
  struct stat status;
};

/// Those up to `depth` levels below a directory.
void list(const std::string& top, const std::string& below, unsigned depth,
          std::vector<Directory>& found) {
  const std::unique_ptr<DIR, int (*)(DIR*)> opened(::opendir((top + below).c_str()), ::closedir);
  if (!opened) return;
  while (const dirent* entry = ::readdir(opened.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    Directory directory{fmt::format("{}/{}", below, name), {}};
    if (::lstat((top + directory.path).c_str(), &directory.status) != 0 ||
        !S_ISDIR(directory.status.st_mode)) {
      continue;
    }
    found.push_back(directory);
    if (depth > 1) list(top, directory.path, depth - 1, found);
  }
}

Status mount_at(const Mount& what) {
  const std::string target = std::string(kNewRoot) + what.target;
  ::mkdir(target.c_str(), 0755);
  if (::mount(what.type, target.c_str(), what.type, 0, what.options) == 0) return {};
  return fail_errno("cannot mount " + target);
}

/// One in memory.
Status mount_writable(const Mount& what) {
  const std::string target = std::string(kNewRoot) + what.target;
  if (::access(target.c_str(), F_OK) != 0) return {};  // not every system has all of them
  constexpr unsigned kDepth = 2;
  std::vector<Directory> directories;
  if (what.alike) list(target, "", kDepth, directories);
  RB_TRY(mount_at(what));
  for (const Directory& directory : directories) {
    const std::string path = target + directory.path;
    if (::mkdir(path.c_str(), 0755) != 0) continue;
    (void)!::chown(path.c_str(), directory.status.st_uid, directory.status.st_gid);
    ::chmod(path.c_str(), directory.status.st_mode & 07777);
  }
  return {};
}

}  // namespace

Status enter_host_root() {
  ::mkdir(kNewRoot, 0755);
  if (::mount(kRootTag, kNewRoot, "virtiofs", MS_RDONLY, nullptr) != 0) {
    return fail_errno("cannot mount the host's root file system");
  }
  for (const Mount& each : kOwn) RB_TRY(mount_at(each));
  for (const Mount& each : kWritable) RB_TRY(mount_writable(each));
  // The kernel's first root cannot be left by pivot_root(2).
  if (::chdir(kNewRoot) != 0 || ::mount(".", "/", nullptr, MS_MOVE, nullptr) != 0 ||
      ::chroot(".") != 0 || ::chdir("/") != 0) {
    return fail_errno("cannot make the host's root file system the root");
  }
  return {};
}

}  // namespace rb::vm
