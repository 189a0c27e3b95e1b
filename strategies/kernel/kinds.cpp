#include "strategies/kernel/kinds.h"

namespace rb {
Status check_kinds(const Image& image) {
  if (image.timers().empty()) return {};
  return fail(ErrorKind::kUnsupported,
              "the image has POSIX timers, which /dev/restart does not restore",
              "restart it with a strategy that uses stock system calls, such as userspace");
}

}  // namespace rb
