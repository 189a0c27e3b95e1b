// Makes the files that synthetic images name. See make_fixtures() in workload.h.
#include "workloads/fixtures.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "workloads/synthetic/pattern.h"
#include "workloads/workload.h"

namespace rb {
namespace {

Status refuse(std::string_view path, std::string_view reason) {
  return fail(ErrorKind::kSystem, fmt::format("{} {}", path, reason),
              "remove it; fixtures are only made where nobody else can change them");
}

/// Root must not trust another user's files; another user can't use root's.
Status refuse_foreign(const std::string& path) {
  if (::geteuid() == 0) return refuse(path, "belongs to another user");
  return fail(ErrorKind::kLacking, path + ", where files of images are made, is another user's",
              "run as that user, which mostly is root");
}

/// Creates a directory or finds that one of ours is there already.
Status make_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), 0700) == 0) {
    if (::chmod(path.c_str(), mode) != 0) return fail_errno("cannot chmod " + path);
    return {};
  }
  if (errno == EACCES || errno == EPERM) {
    return fail(ErrorKind::kLacking, "no permission to create " + path, "run as root");
  }
  if (errno != EEXIST) return fail_errno("cannot create " + path);
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return fail_errno("cannot stat " + path);
  if (!S_ISDIR(info.st_mode)) return refuse(path, "is not a directory");
  if (info.st_uid != ::geteuid()) return refuse_foreign(path);
  if ((info.st_mode & 077) != 0) return refuse(path, "is open to others");
  return {};
}

Status write_all(int fd, const std::string& path, std::uint64_t size, std::uint64_t seed) {
  constexpr std::uint64_t kChunkWords = 1 << 15;
  std::vector<__u64> words;
  for (std::uint64_t done = 0; done < size / 8;) {
    words.resize(std::min(kChunkWords, size / 8 - done));
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = rbi_word(seed, done + i);
    const auto bytes = std::as_bytes(std::span(words));
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written != static_cast<ssize_t>(bytes.size())) return fail_errno("cannot write " + path);
    done += words.size();
  }
  return {};
}

/// Writes beside the path and renames: a file with the right size is complete.
Status make_file(const std::string& path, mode_t mode, std::uint64_t size, std::uint64_t seed) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) {
    if (!S_ISREG(info.st_mode)) return refuse(path, "is not a regular file");
    if (info.st_uid != ::geteuid()) return refuse_foreign(path);
    if (static_cast<std::uint64_t>(info.st_size) == size) return {};
  } else if (errno != ENOENT) {
    return fail_errno("cannot stat " + path);
  }
  std::string temporary = path + ".XXXXXX";
  const Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) return fail_errno("cannot create " + temporary);
  Status status = write_all(fd.get(), temporary, size, seed);
  if (status && ::fchmod(fd.get(), mode) != 0) status = fail_errno("cannot chmod " + temporary);
  if (status && ::rename(temporary.c_str(), path.c_str()) != 0) {
    status = fail_errno("cannot rename " + temporary);
  }
  if (!status) ::unlink(temporary.c_str());
  return status;
}

/// Only the fixture directory and what lies directly in it.
bool is_ours(std::string_view path) {
  constexpr std::string_view kOurs = kFixtureDirectory;
  if (path == kOurs) return true;
  if (!path.starts_with(kOurs) || path[kOurs.size()] != '/') return false;
  const std::string_view name = path.substr(kOurs.size() + 1);
  return !name.empty() && name != "." && name != ".." && name.find('/') == name.npos;
}

}  // namespace

Status make_fixtures(const Image& image) {
  for (const rbi_fixture& fixture : image.fixtures()) {
    const std::string path(image.string(fixture.path));
    if (!is_ours(path)) {
      return fail(ErrorKind::kBadImage,
                  fmt::format("fixture {} is outside {}", path, kFixtureDirectory));
    }
    if (fixture.kind == RBI_FIXTURE_DIRECTORY) {
      RB_TRY(make_directory(path, fixture.mode));
    } else {
      RB_TRY(make_file(path, fixture.mode, fixture.size, fixture.seed));
    }
  }
  return {};
}

}  // namespace rb
