#include "strategies/userspace/kinds.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include "image/fields.h"

namespace rb {
namespace {

[[nodiscard]] tl::unexpected<Error> refuse(std::string_view what) {
  return fail(ErrorKind::kUnsupported,
              fmt::format("the image has {}, which is not restored", what));
}

/// A description, or the socket that it stands for.
[[nodiscard]] Status check_ofd(const Image& image, std::size_t i) {
  const rbi_ofd& ofd = image.ofds()[i];
  if (ofd.owner != 0 || ofd.signal != 0) return refuse(fmt::format("an owner of ofds[{}]", i));
  if (ofd.flock != RBI_FLOCK_NONE) return refuse(fmt::format("a lock by ofds[{}]", i));
  if (ofd.kind > RBI_OFD_SOCKET) return refuse(fmt::format("ofds[{}] of kind {}", i, ofd.kind));
  if (ofd.kind != RBI_OFD_SOCKET) return {};
  const rbi_socket& socket = image.socket_of(ofd);
  const bool listens = socket.family == AF_UNIX && socket.type == SOCK_STREAM &&
                       socket.state == RBI_SOCKET_LISTENING &&
                       socket.options == RBI_SOCKET_ABSTRACT;
  return listens ? Status() : refuse(fmt::format("sockets[{}]", ofd.object));
}

}  // namespace

Status check_kinds(const Image& image) {
  if (!image.credentials().empty()) return refuse("credentials");
  if (!image.limits().empty()) return refuse("resource limits");
  if (!image.timers().empty()) return refuse("POSIX timers");
  if (!image.locks().empty()) return refuse("locks of files");
  if (!image.zombies().empty()) return refuse("zombies");
  for (const rbi_group& group : image.groups()) {
    if (group.flags != 0) return refuse("flags of a thread group");
  }
  for (const rbi_mm& mm : image.mms()) {
    if ((mm.flags & RBI_MM_NOT_DUMPABLE) != 0) return refuse("an mm that is not dumpable");
  }
  for (const rbi_siginfo& info : image.pending()) {
    if (info.code >= 0) return refuse("a queued signal of the kernel's");
  }
  for (const rbi_backing& backing : image.backings()) {
    if (backing.kind > RBI_BACKING_SHMEM) return refuse("a file with its contents");
  }
  for (std::size_t i = 0; i < image.ofds().size(); ++i) RB_TRY(check_ofd(image, i));
  return {};
}

}  // namespace rb
