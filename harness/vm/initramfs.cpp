#include "harness/vm/initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/mman.h>

#include <set>

namespace rb::vm {

struct Initramfs::Writer {
  Fd memory;
  ::archive* archive = nullptr;
  std::set<std::string, std::less<>> paths;  ///< that are in the archive

  Status add(const std::string& path, unsigned type, unsigned permissions,
             std::string_view contents);
  Status failed(const std::string& what) const {
    const char* why = archive_error_string(archive);
    return fail(ErrorKind::kSystem, what + ": " + (why == nullptr ? "unknown error" : why));
  }
};

void Initramfs::Delete::operator()(Writer* writer) const {
  if (writer->archive != nullptr) archive_write_free(writer->archive);
  delete writer;
}

Status Initramfs::Writer::add(const std::string& path, unsigned type, unsigned permissions,
                              std::string_view contents) {
  if (!paths.insert(path).second) return {};
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, path.c_str());
  archive_entry_set_filetype(entry, type);
  archive_entry_set_perm(entry, permissions);
  archive_entry_set_size(entry, static_cast<la_int64_t>(contents.size()));
  const int status = archive_write_header(archive, entry);
  archive_entry_free(entry);
  if (status != ARCHIVE_OK ||
      archive_write_data(archive, contents.data(), contents.size()) !=
          static_cast<la_ssize_t>(contents.size())) {
    return failed("cannot add " + path + " to the initramfs");
  }
  return {};
}

Result<Initramfs> Initramfs::create() {
  Initramfs initramfs;
  initramfs.writer_.reset(new Writer);
  Writer& writer = *initramfs.writer_;
  writer.memory = Fd(::memfd_create("initramfs", MFD_CLOEXEC));
  if (!writer.memory.valid()) return fail_errno("memfd_create");
  writer.archive = archive_write_new();
  RB_ASSERT(writer.archive != nullptr);
  if (archive_write_set_format_cpio_newc(writer.archive) != ARCHIVE_OK ||
      archive_write_add_filter_none(writer.archive) != ARCHIVE_OK ||
      archive_write_open_fd(writer.archive, writer.memory.get()) != ARCHIVE_OK) {
    return tl::unexpected(writer.failed("cannot write an initramfs").error());
  }
  return initramfs;
}

Status Initramfs::add_directory(const std::string& path) {
  for (auto end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1)) {
    RB_TRY(writer_->add(path.substr(0, end), AE_IFDIR, 0755, {}));
  }
  return writer_->add(path, AE_IFDIR, 0755, {});
}

Status Initramfs::add_file(const std::string& path, std::string_view contents,
                           unsigned permissions) {
  if (const auto slash = path.rfind('/'); slash != std::string::npos) {
    RB_TRY(add_directory(path.substr(0, slash)));
  }
  return writer_->add(path, AE_IFREG, permissions, contents);
}

Result<Fd> Initramfs::finish() && {
  if (archive_write_close(writer_->archive) != ARCHIVE_OK) {
    return tl::unexpected(writer_->failed("cannot end the initramfs").error());
  }
  return std::move(writer_->memory);
}

}  // namespace rb::vm
