#include "harness/vm/image_files.h"

#include <sys/stat.h>

#include <set>

namespace rb::vm {

ImageFiles files_of_image(const Image& image) {
  std::set<std::string> names;
  const auto name = [&](__u32 reference) {
    if (reference != RBI_NONE) names.emplace(image.string(reference));
  };
  for (const rbi_mm& mm : image.mms()) name(mm.exe);
  for (const rbi_backing& backing : image.backings()) {
    if (backing.kind == RBI_BACKING_FILE) name(backing.path);
  }
  for (const rbi_ofd& ofd : image.ofds()) {
    if (ofd.kind == RBI_OFD_FILE || ofd.kind == RBI_OFD_DIRECTORY) name(ofd.path);
  }
  for (const rbi_fs& fs : image.fs()) {
    name(fs.cwd);
    name(fs.root);
  }
  ImageFiles found;
  for (const std::string& path : names) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) continue;
    if (S_ISREG(status.st_mode)) found.files.push_back(path);
    if (S_ISDIR(status.st_mode)) found.directories.push_back(path);
  }
  return found;
}

}  // namespace rb::vm
