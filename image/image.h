// A validated, mapped image: the only door into a strategy.
#pragma once

#include <sys/stat.h>

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"
#include "image/format.h"
#include "image/tables.h"

namespace rb {

/// How much of an image to check when it is opened.
enum class CheckContents {
  kYes,  ///< Everything, the checksum of the page contents included: O(file).
  kNo,   ///< Everything but that checksum: O(metadata).
};

/// Whether a description is an end of a pipe without a path.
[[nodiscard]] constexpr bool is_pipe_end(const rbi_ofd& ofd) {
  return ofd.kind == RBI_OFD_PIPE_READ || ofd.kind == RBI_OFD_PIPE_WRITE;
}

/// Whether a description is of a pseudo-terminal of the image.
[[nodiscard]] constexpr bool is_pty(const rbi_ofd& ofd) {
  return ofd.kind == RBI_OFD_PTY_MASTER || ofd.kind == RBI_OFD_PTY_SLAVE;
}

/// An image, mapped read-only and validated. Cheap to move; immutable, as far as nobody writes
/// to the file: see unchanged().
class Image : public ImageTables {
 public:
  /// Maps and validates the file at path.
  [[nodiscard]] static Result<Image> open(const std::string& path,
                                          CheckContents contents = CheckContents::kYes);
  /// The same for an open file; takes the descriptor over and keeps it open.
  [[nodiscard]] static Result<Image> from_fd(Fd fd, CheckContents contents = CheckContents::kYes);

  /// The VMAs, page runs of an mm; fds of a files table; actions of a sighand.
  [[nodiscard]] std::span<const rbi_vma> vmas_of(const rbi_mm& mm) const {
    return vmas().subspan(mm.vma_first, mm.vma_count);
  }
  [[nodiscard]] std::span<const rbi_run> runs_of(const rbi_mm& mm) const {
    return runs().subspan(mm.run_first, mm.run_count);
  }
  [[nodiscard]] std::span<const rbi_run> runs_of(const rbi_backing& backing) const {
    return runs().subspan(backing.run_first, backing.run_count);
  }
  [[nodiscard]] std::span<const rbi_fd> fds_of(const rbi_files& files) const {
    return fds().subspan(files.fd_first, files.fd_count);
  }
  [[nodiscard]] std::span<const rbi_action> actions_of(const rbi_sighand& sighand) const {
    return actions().subspan(sighand.action_first, sighand.action_count);
  }

  /// The socket of a description of that kind.
  [[nodiscard]] const rbi_socket& socket_of(const rbi_ofd& ofd) const {
    return sockets()[ofd.object];
  }
  /// The string at a reference, NUL-terminated in place.
  [[nodiscard]] std::string_view string(__u32 reference) const {
    return reinterpret_cast<const char*>(section(RBI_SEC_STRINGS) + reference);
  }
  /// Bytes of the XSTATES and BYTES sections.
  [[nodiscard]] std::span<const std::byte> xstate(const rbi_registers& registers) const {
    return {section(RBI_SEC_XSTATES) + registers.xstate, registers.xstate_size};
  }
  [[nodiscard]] std::span<const std::byte> pipe_data(const rbi_pipe& pipe) const {
    return {section(RBI_SEC_BYTES) + pipe.data, pipe.data_size};
  }
  [[nodiscard]] std::span<const std::byte> message_data(const rbi_message& message) const {
    return {section(RBI_SEC_BYTES) + message.data, message.size};
  }
  /// Input, then output.
  [[nodiscard]] std::span<const std::byte> pty_data(const rbi_pty& pty) const {
    return {section(RBI_SEC_BYTES) + pty.data, pty.data_size};
  }
  [[nodiscard]] std::span<const std::byte> contents(const rbi_run& run) const {
    return {mapping_.data() + run.offset, run.pages * RBI_PAGE_SIZE};
  }

  /// The whole file as mapped, and its descriptor, for strategies that map it
  /// into the tasks they make or hand it to the kernel.
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return mapping_.bytes(); }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

  /// Whether the file still is what was opened, by its size and the time of its last change. The
  /// metadata here is a copy, but contents are read, by tasks too, while a tree is restarted.
  /// Errors: kBadImage, it was changed.
  [[nodiscard]] Status unchanged() const;

 private:
  Image(Fd fd, Mapping mapping, const struct stat& opened) noexcept
      : ImageTables(mapping.data()),
        fd_(std::move(fd)),
        opened_(opened),
        mapping_(std::move(mapping)) {}

  Fd fd_;
  struct stat opened_ {};
  Mapping mapping_;
};

}  // namespace rb
