#include "base/replacement.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>

namespace rb {
namespace {

/// umask(2) tells it only by changing it; bench has one thread.
mode_t current_umask() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return mask;
}

/// What linkat(2) takes for the name of an open file, for those who may not read any file.
std::string name_in_proc(const Fd& fd) { return "/proc/self/fd/" + std::to_string(fd.get()); }

/// Invalid where there are no files without a name, or they could not be given one.
Fd open_nameless(const std::string& directory) {
  Fd fd(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd.valid() && ::access(name_in_proc(fd).c_str(), F_OK) != 0) fd.reset();
  return fd;
}

/// NAME.XXXXXX, as mkstemp(3) makes it.
std::string some_name(const std::string& name) {
  static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::string text = name + '.';
  for (int i = 0; i < 6; ++i) text += kLetters[random() % kLetters.size()];
  return text;
}

}  // namespace

Result<Replacement> Replacement::create(const std::string& path) {
  Replacement file;
  std::error_code error;
  file.path_ = path;
  file.target_ = std::filesystem::weakly_canonical(path, error).string();
  if (error) return fail_errno("cannot write " + path, error.value());
  const std::filesystem::file_type type = std::filesystem::status(file.target_, error).type();
  if (type != std::filesystem::file_type::regular &&
      type != std::filesystem::file_type::not_found) {
    return fail(ErrorKind::kSystem, "cannot write " + path + ": it is not a regular file");
  }
  const std::string directory = std::filesystem::path(file.target_).parent_path().string();
  file.fd_ = open_nameless(directory.empty() ? "." : directory);
  if (file.fd_.valid()) return file;
  file.temporary_ = file.target_ + ".XXXXXX";
  file.fd_ = Fd(::mkostemp(file.temporary_.data(), O_CLOEXEC));
  if (!file.fd_.valid()) return fail_errno("cannot write " + path);
  return file;
}

/// That of the target if nothing has it, else one to be renamed from: linkat(2) replaces
/// nothing.
bool Replacement::give_name() {
  if (!temporary_.empty()) return true;
  const std::string nameless = name_in_proc(fd_);
  const auto link = [&](const std::string& name) {
    return ::linkat(AT_FDCWD, nameless.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
  };
  if (link(target_)) return true;
  while (errno == EEXIST) {
    std::string name = some_name(target_);
    if (!link(name)) continue;
    temporary_ = std::move(name);
    return true;
  }
  return false;
}

Status Replacement::commit() {
  if (::fchmod(fd_.get(), 0666 & ~current_umask()) != 0 || !give_name() ||
      (!temporary_.empty() && ::rename(temporary_.c_str(), target_.c_str()) != 0)) {
    return fail_errno("cannot write " + path_);
  }
  fd_.reset();
  return {};
}

Replacement::~Replacement() {
  if (fd_.valid() && !temporary_.empty()) ::unlink(temporary_.c_str());
}

}  // namespace rb
