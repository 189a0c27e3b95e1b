#include "image/image.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "image/validate.h"

namespace rb {

Result<Image> Image::open(const std::string& path, CheckContents contents) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return fail_errno("cannot open image " + path);
  return from_fd(std::move(fd), contents).map_error([&](Error error) {
    error.message = path + ": " + error.message;
    return error;
  });
}

Result<Image> Image::from_fd(Fd fd, CheckContents contents) {
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail_errno("cannot stat the image");
  if (info.st_size == 0) return fail(ErrorKind::kBadImage, "the image is empty");
  const auto size = static_cast<std::size_t>(info.st_size);
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (address == MAP_FAILED) return fail_errno("cannot map the image");
  Mapping mapping(address, size);
  RB_TRY(validate(mapping.bytes(), contents));
  return Image(std::move(fd), std::move(mapping));
}

}  // namespace rb
