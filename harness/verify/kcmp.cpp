#include "harness/verify/kcmp.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <string>

namespace rb {

Kcmp::Order Kcmp::compare(const KernelObject& a, const KernelObject& b) {
  switch (::syscall(SYS_kcmp, a.pid, b.pid, type_, static_cast<unsigned long>(a.fd),
                    static_cast<unsigned long>(b.fd))) {
    case 0:
      return Order::kEqual;
    case 1:
      return Order::kLess;
    case 2:
      return Order::kGreater;
    default:
      if (errno != ESRCH && errno != EBADF) error_ = errno;
      return Order::kUnknown;
  }
}

Status Kcmp::usable() const {
  if (error_ == 0) return {};
  if (error_ == ENOSYS) {
    return fail(ErrorKind::kLacking, "this kernel has no kcmp(2)",
                "boot a kernel with CONFIG_KCMP, or use the virtual machine");
  }
  return fail(error_ == EPERM ? ErrorKind::kLacking : ErrorKind::kSystem,
              std::string("kcmp: ") + std::strerror(error_),
              error_ == EPERM ? "run as root (CAP_SYS_PTRACE)" : "");
}

}  // namespace rb
