#include "image/image.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "image/validate.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22  // since 5.14
#endif

namespace rb {
namespace {

tl::unexpected<Error> fail_short() {
  return fail(ErrorKind::kBadImage, "it was cut short while it was read",
              "leave an image alone while bench uses it");
}

/// Reads all of `to`, from the file's beginning.
Status read_beginning(const Fd& fd, std::span<std::byte> to) {
  std::size_t have = 0;
  while (have < to.size()) {
    const ssize_t got =
        ::pread(fd.get(), to.data() + have, to.size() - have, static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read the image");
    if (got == 0) return fail_short();
    have += static_cast<std::size_t>(got);
  }
  return {};
}

/// How much of a file of `size` bytes is metadata, in whole pages or all of the file. What is
/// not as it should be, the validator refuses before it looks further than the header.
std::size_t size_of_metadata(const rbi_header& header, std::size_t size) {
  const bool plausible = header.pages_offset >= sizeof header && header.pages_offset <= size &&
                         header.pages_offset % RBI_PAGE_SIZE == 0;
  return plausible ? static_cast<std::size_t>(header.pages_offset)
                   : std::min<std::size_t>(size, RBI_PAGE_SIZE);
}

struct MappedFile {
  Mapping bytes;
  std::size_t metadata = 0;  ///< bytes at the beginning that nobody else can change
};

/// The file as a whole: its metadata, whose indices are relied on once they are checked, as
/// a copy; the contents of pages, which may be large, mapped.
Result<MappedFile> map_file(const Fd& fd, std::size_t size) {
  rbi_header header{};
  const auto beginning = std::as_writable_bytes(std::span(&header, 1));
  RB_TRY(read_beginning(fd, beginning.first(std::min(size, beginning.size()))));
  MappedFile file;
  file.metadata = size_of_metadata(header, size);
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (address == MAP_FAILED) return fail_errno("cannot map the image");
  file.bytes = Mapping(address, size);
  if (::mmap(address, file.metadata, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
    return fail_errno("cannot map memory for the image");
  }
  RB_TRY(read_beginning(fd, file.bytes.bytes().first(file.metadata)));
  // Another header would say that more than this is metadata.
  std::memcpy(address, &header, std::min(size, sizeof header));
  if (::mprotect(address, file.metadata, PROT_READ) != 0) return fail_errno("mprotect");
  return file;
}

/// Maps every page of the contents: one that cannot be read is an error here, and a signal
/// later.
Status read_contents(std::span<std::byte> pages) {
  if (pages.empty() || ::madvise(pages.data(), pages.size(), MADV_POPULATE_READ) == 0) return {};
  if (errno != EFAULT && errno != EHWPOISON) return {};  // an older kernel, or no memory for it
  return fail(ErrorKind::kBadImage, "its pages cannot be read: the disk fails, or it was cut short",
              "leave an image alone while bench uses it");
}

}  // namespace

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
  auto file = map_file(fd, static_cast<std::size_t>(info.st_size));
  if (!file) return tl::unexpected<Error>(std::move(file).error());
  if (contents == CheckContents::kYes) {
    RB_TRY(read_contents(file->bytes.bytes().subspan(file->metadata)));
  }
  RB_TRY(validate(file->bytes.bytes(), contents));
  return Image(std::move(fd), std::move(file->bytes), info);
}

Status Image::unchanged() const {
  struct stat now {};
  if (::fstat(fd_.get(), &now) != 0) return fail_errno("cannot stat the image");
  if (now.st_size == opened_.st_size && now.st_mtim.tv_sec == opened_.st_mtim.tv_sec &&
      now.st_mtim.tv_nsec == opened_.st_mtim.tv_nsec) {
    return {};
  }
  return fail(ErrorKind::kBadImage, "the image was changed while it was used",
              "leave it alone while bench uses it, and try again");
}

}  // namespace rb
