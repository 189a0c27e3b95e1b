#include "harness/counters/tracefs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace rb {
namespace {

/// "group:name" as a directory.
std::string directory_of(std::string tracepoint) {
  const auto colon = tracepoint.find(':');
  if (colon != std::string::npos) tracepoint[colon] = '/';
  return "events/" + tracepoint;
}

tl::unexpected<Error> lacking(const std::string& what, int error) {
  return fail(ErrorKind::kLacking, fmt::format("{}: {}", what, std::strerror(error)),
              error == EPERM || error == EACCES ? "run as root" : "");
}

}  // namespace

Result<Tracefs> Tracefs::open() {
  const Fd context(::fsopen("tracefs", FSOPEN_CLOEXEC));
  if (!context.valid() ||
      ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return lacking("cannot open the kernel's tracefs", errno);
  }
  Fd mount(::fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
  if (!mount.valid()) return lacking("cannot open the kernel's tracefs", errno);
  return Tracefs(std::move(mount));
}

Result<std::string> Tracefs::read(const std::string& path) const {
  const Fd file(::openat(mount_.get(), path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return lacking("tracefs: " + path, errno);
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t size = 0; (size = ::read(file.get(), part.data(), part.size())) != 0;) {
    if (size < 0 && errno != EINTR) return lacking("tracefs: " + path, errno);
    if (size > 0) text.append(part.data(), static_cast<std::size_t>(size));
  }
  return text;
}

Result<std::uint64_t> Tracefs::event_id(const std::string& tracepoint) const {
  const auto text = read(directory_of(tracepoint) + "/id");
  std::uint64_t id = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), id).ec != std::errc()) {
    return fail(ErrorKind::kLacking, "this kernel has no tracepoint " + tracepoint);
  }
  return id;
}

Result<std::size_t> Tracefs::field_offset(const std::string& tracepoint,
                                          const std::string& field) const {
  const auto text = read(directory_of(tracepoint) + "/format");
  // "field:const void * ptr;\toffset:16;\tsize:8;\tsigned:0;"
  constexpr std::string_view kOffset = "\toffset:";
  const auto at = text ? text->find(fmt::format(" {};{}", field, kOffset)) : std::string::npos;
  if (at == std::string::npos) {
    return fail(ErrorKind::kLacking, fmt::format("{} has no field {}", tracepoint, field));
  }
  const char* const number = text->data() + at + field.size() + 2 + kOffset.size();
  std::size_t offset = 0;
  std::from_chars(number, text->data() + text->size(), offset);
  return offset;
}

bool Tracefs::has_field(const std::string& tracepoint, const std::string& field) const {
  const auto text = read(directory_of(tracepoint) + "/format");
  return text && text->find(' ' + field + ';') != std::string::npos;
}

}  // namespace rb
