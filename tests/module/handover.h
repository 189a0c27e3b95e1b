// Opens what an image names, as a coordinator of /dev/restart has to.
#pragma once

#include <vector>

#include "base/fd.h"
#include "image/image.h"
#include "strategies/kernel/module/restart_uapi.h"

namespace rb::test {

/// The files that sample_image() names.
void make_sample_files();

/// Open files for one kind of RESTART_GIVE_FILES, by index; -1 = none.
struct Given {
  restart_file_kind kind;
  std::vector<int> fds;
};

/// Everything that an image needs. Ends the process where something cannot be
/// opened; the descriptors stay open until it ends.
[[nodiscard]] std::vector<Given> open_everything(const Image& image);

/// Hands it over. @return 0 or the errno of the first call that failed
[[nodiscard]] int give_everything(int device, const std::vector<Given>& everything);

}  // namespace rb::test
