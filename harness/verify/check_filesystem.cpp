#include "harness/verify/checks.h"
#include "harness/verify/proc_files.h"

namespace rb {
namespace {

Status check_link(Inspection& inspection, std::uint32_t task, const char* link, const char* what,
                  const std::string& expected) {
  const auto found = read_link(inspection.directory(task) + "/" + link);
  if (!found) return inspection.unreadable(task, what, found.error());
  if (!same_path(*found, expected)) {
    inspection.findings.add("{}: {}: expected {}, found {}", inspection.name(task), what, expected,
                            *found);
  }
  return {};
}

}  // namespace

Status check_filesystem(Inspection& inspection) {
  const Image& image = inspection.image;
  const auto first = inspection.representatives(&rbi_task::fs, image.fs().size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    const std::uint32_t task = first[i];
    if (task == RBI_NONE) continue;
    const rbi_fs& fs = image.fs()[i];
    RB_TRY(check_link(inspection, task, "cwd", "current directory",
                      std::string(image.string(fs.cwd))));
    RB_TRY(
        check_link(inspection, task, "root", "root directory", std::string(image.string(fs.root))));
    const std::uint32_t umask = inspection.status[task].umask;
    if (umask != fs.umask) {
      inspection.findings.add("{}: umask: expected {:04o}, found {:04o}", inspection.name(task),
                              fs.umask, umask);
    }
  }
  return {};
}

}  // namespace rb
