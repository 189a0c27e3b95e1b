#include "harness/verify/proc_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/fd.h"

namespace rb {

OrErrno<std::string> read_whole_file(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return tl::unexpected<int>(errno);
  constexpr std::size_t kStep = 4096;
  std::string text;
  std::size_t size = 0;
  for (;;) {
    text.resize(size + std::max(kStep, size));
    const ssize_t got = ::read(fd.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected<int>(errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

OrErrno<std::string> read_link(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t size = ::readlink(path.c_str(), target, sizeof target);
  if (size < 0) return tl::unexpected<int>(errno);
  return std::string(target, static_cast<std::size_t>(size));
}

OrErrno<std::vector<std::uint32_t>> list_numbers(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), ::closedir);
  if (!stream) return tl::unexpected<int>(errno);
  std::vector<std::uint32_t> numbers;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    const char* const end = entry->d_name + std::strlen(entry->d_name);
    std::uint32_t number = 0;
    const auto parsed = std::from_chars(entry->d_name, end, number);
    if (parsed.ec == std::errc() && parsed.ptr == end) numbers.push_back(number);
  }
  if (errno != 0) return tl::unexpected<int>(errno);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

bool same_path(const std::string& found, const std::string& named) {
  if (found == named) return true;
  const std::unique_ptr<char, void (*)(void*)> resolved(::realpath(named.c_str(), nullptr), ::free);
  return resolved && found == resolved.get();
}

}  // namespace rb
