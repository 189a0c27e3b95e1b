#include "base/replacement.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace rb {
namespace {

/// umask(2) tells it only by changing it; bench has one thread.
mode_t current_umask() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return mask;
}

}  // namespace

Result<Replacement> Replacement::create(const std::string& path) {
  namespace fs = std::filesystem;
  Replacement file;
  std::error_code error;
  file.path_ = path;
  file.target_ = fs::weakly_canonical(path, error).string();
  if (error) return fail_errno("cannot write " + path, error.value());
  const fs::file_type type = fs::status(file.target_, error).type();
  if (type != fs::file_type::regular && type != fs::file_type::not_found) {
    return fail(ErrorKind::kSystem, "cannot write " + path + ": it is not a regular file");
  }
  file.temporary_ = file.target_ + ".XXXXXX";
  file.fd_ = Fd(::mkostemp(file.temporary_.data(), O_CLOEXEC));
  if (!file.fd_.valid()) return fail_errno("cannot write " + path);
  return file;
}

Status Replacement::commit() {
  if (::fchmod(fd_.get(), 0666 & ~current_umask()) != 0 ||
      ::rename(temporary_.c_str(), target_.c_str()) != 0) {
    return fail_errno("cannot write " + path_);
  }
  fd_.reset();
  return {};
}

Replacement::~Replacement() {
  if (fd_.valid()) ::unlink(temporary_.c_str());
}

}  // namespace rb
