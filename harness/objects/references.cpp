#include "harness/objects/references.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <array>
#include <memory>

#include "base/fd.h"
#include "strategies/kernel/module/restart_refer.h"
#include "strategies/kernel/module/restart_uapi.h"

namespace rb {

std::optional<unsigned> referred_object(std::string_view name) {
  constexpr std::array<std::string_view, RESTART_REFERRED_COUNT> kNames = {
      "mm", "files", "fs", "sighand", "signal", "open_file"};
  for (unsigned i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return i;
  }
  return std::nullopt;
}

unsigned most_references() { return RESTART_MAX_REFER; }

GetAndPut device_references() {
  const auto device = std::make_shared<Fd>();
  return [device](unsigned object, unsigned count) -> Status {
    if (!device->valid()) *device = Fd(::open(RESTART_DEVICE, O_RDWR | O_CLOEXEC));
    const restart_refer refer{object, count};
    if (device->valid() && ::ioctl(device->get(), RESTART_REFER, &refer) == 0) return {};
    return fail(ErrorKind::kLacking, "references are measured by the restart module only",
                "use `bench objects --vm`");
  };
}

}  // namespace rb
