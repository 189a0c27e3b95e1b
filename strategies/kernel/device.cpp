#include "strategies/kernel/device.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstring>

#include "base/fd.h"
#include "strategies/kernel/device_text.h"
#include "strategies/kernel/handover.h"
#include "strategies/kernel/module/restart_uapi.h"
#include "strategies/kernel/program.h"

namespace rb {
namespace {

constexpr const char* kHowToGetIt =
    "build it for this kernel with scripts/build-module and load it with insmod, or use "
    "`bench --vm`";

}  // namespace

Status check_device(const Image& image, std::uint32_t flags) {
  const Fd device(::open(RESTART_DEVICE, O_RDWR | O_CLOEXEC));
  if (!device.valid()) {
    return fail(ErrorKind::kLacking,
                fmt::format("cannot open {}, the device of the restart module: {}", RESTART_DEVICE,
                            std::strerror(errno)),
                kHowToGetIt);
  }
  restart_load load{};
  load.size = sizeof load;
  load.version = RESTART_API_VERSION;
  load.flags = flags;
  load.image_fd = image.fd();
  if (::ioctl(device.get(), RESTART_LOAD, &load) == 0) return {};
  const int error = errno;
  restart_status status{};
  status.size = sizeof status;
  const bool answers = ::ioctl(device.get(), RESTART_STATUS, &status) == 0;
  if (answers && status.where != RESTART_AT_NOTHING) {
    Error refusal = describe_device_failure(image, status);
    refusal.kind = ErrorKind::kUnsupported;
    return tl::unexpected<Error>(std::move(refusal));
  }
  if (error != EINVAL && error != ENOTTY)
    return fail_errno("cannot load an image into " RESTART_DEVICE, error);
  return fail(ErrorKind::kLacking,
              fmt::format("{} does not take version {} of its interface: {}", RESTART_DEVICE,
                          RESTART_API_VERSION, std::strerror(error)),
              kHowToGetIt);
}

Status check_handover(const Image& image) {
  const std::uint64_t wanted = kFirstHandoverFd + handover_fds(image) + 1;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return {};
  rlimit higher = limit;
  higher.rlim_cur = wanted;
  higher.rlim_max = std::max<rlim_t>(limit.rlim_max, wanted);
  if (::setrlimit(RLIMIT_NOFILE, &higher) == 0) return {};
  return fail(ErrorKind::kLacking,
              fmt::format("the image has {} open files to hand over at once, RLIMIT_NOFILE is {}",
                          wanted, limit.rlim_max),
              fmt::format("run with at least `ulimit -n {}`, or use fewer descriptors", wanted));
}

}  // namespace rb
