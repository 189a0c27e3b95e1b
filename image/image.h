// A validated, mapped image: the only door into a strategy.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/fd.h"
#include "image/format.h"

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

/// An image, mapped read-only and validated. Cheap to move; immutable.
class Image {
 public:
  /// Maps and validates the file at path.
  [[nodiscard]] static Result<Image> open(const std::string& path,
                                          CheckContents contents = CheckContents::kYes);
  /// The same for an open file; takes the descriptor over and keeps it open.
  [[nodiscard]] static Result<Image> from_fd(Fd fd, CheckContents contents = CheckContents::kYes);

  [[nodiscard]] const rbi_header& header() const noexcept {
    return *reinterpret_cast<const rbi_header*>(mapping_.data());
  }
  [[nodiscard]] std::span<const rbi_task> tasks() const { return table<rbi_task>(RBI_SEC_TASKS); }
  [[nodiscard]] std::span<const rbi_group> groups() const {
    return table<rbi_group>(RBI_SEC_GROUPS);
  }
  [[nodiscard]] std::span<const rbi_mm> mms() const { return table<rbi_mm>(RBI_SEC_MMS); }
  [[nodiscard]] std::span<const rbi_vma> vmas() const { return table<rbi_vma>(RBI_SEC_VMAS); }
  [[nodiscard]] std::span<const rbi_run> runs() const { return table<rbi_run>(RBI_SEC_RUNS); }
  [[nodiscard]] std::span<const rbi_backing> backings() const {
    return table<rbi_backing>(RBI_SEC_BACKINGS);
  }
  [[nodiscard]] std::span<const rbi_auxv> auxv() const { return table<rbi_auxv>(RBI_SEC_AUXV); }
  [[nodiscard]] std::span<const rbi_files> files() const { return table<rbi_files>(RBI_SEC_FILES); }
  [[nodiscard]] std::span<const rbi_fd> fds() const { return table<rbi_fd>(RBI_SEC_FDS); }
  [[nodiscard]] std::span<const rbi_ofd> ofds() const { return table<rbi_ofd>(RBI_SEC_OFDS); }
  [[nodiscard]] std::span<const rbi_pipe> pipes() const { return table<rbi_pipe>(RBI_SEC_PIPES); }
  [[nodiscard]] std::span<const rbi_fs> fs() const { return table<rbi_fs>(RBI_SEC_FS); }
  [[nodiscard]] std::span<const rbi_sighand> sighands() const {
    return table<rbi_sighand>(RBI_SEC_SIGHANDS);
  }
  [[nodiscard]] std::span<const rbi_action> actions() const {
    return table<rbi_action>(RBI_SEC_ACTIONS);
  }
  [[nodiscard]] std::span<const rbi_siginfo> pending() const {
    return table<rbi_siginfo>(RBI_SEC_PENDING);
  }
  [[nodiscard]] std::span<const rbi_registers> registers() const {
    return table<rbi_registers>(RBI_SEC_REGISTERS);
  }
  [[nodiscard]] std::span<const rbi_fixture> fixtures() const {
    return table<rbi_fixture>(RBI_SEC_FIXTURES);
  }
  [[nodiscard]] std::span<const rbi_credentials> credentials() const {
    return table<rbi_credentials>(RBI_SEC_CREDENTIALS);
  }
  [[nodiscard]] std::span<const rbi_gid> gids() const { return table<rbi_gid>(RBI_SEC_GIDS); }
  [[nodiscard]] std::span<const rbi_limit> limits() const {
    return table<rbi_limit>(RBI_SEC_LIMITS);
  }
  [[nodiscard]] std::span<const rbi_timer> timers() const {
    return table<rbi_timer>(RBI_SEC_TIMERS);
  }
  [[nodiscard]] std::span<const rbi_lock> locks() const { return table<rbi_lock>(RBI_SEC_LOCKS); }
  [[nodiscard]] std::span<const rbi_zombie> zombies() const {
    return table<rbi_zombie>(RBI_SEC_ZOMBIES);
  }
  [[nodiscard]] std::span<const rbi_socket> sockets() const {
    return table<rbi_socket>(RBI_SEC_SOCKETS);
  }
  [[nodiscard]] std::span<const rbi_message> messages() const {
    return table<rbi_message>(RBI_SEC_MESSAGES);
  }
  [[nodiscard]] std::span<const rbi_event> events() const {
    return table<rbi_event>(RBI_SEC_EVENTS);
  }
  [[nodiscard]] std::span<const rbi_epoll_item> epoll_items() const {
    return table<rbi_epoll_item>(RBI_SEC_EPOLL_ITEMS);
  }
  [[nodiscard]] std::span<const rbi_watch> watches() const {
    return table<rbi_watch>(RBI_SEC_WATCHES);
  }

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
  [[nodiscard]] std::span<const std::byte> contents(const rbi_run& run) const {
    return {mapping_.data() + run.offset, run.pages * RBI_PAGE_SIZE};
  }

  /// The whole file as mapped, and its descriptor, for strategies that map it
  /// into the tasks they make or hand it to the kernel.
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return mapping_.bytes(); }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

 private:
  Image(Fd fd, Mapping mapping) noexcept : fd_(std::move(fd)), mapping_(std::move(mapping)) {}

  [[nodiscard]] const std::byte* section(rbi_section kind) const {
    return mapping_.data() + header().sections[kind].offset;
  }
  template <class Record>
  [[nodiscard]] std::span<const Record> table(rbi_section kind) const {
    return {reinterpret_cast<const Record*>(section(kind)), header().sections[kind].count};
  }

  Fd fd_;
  Mapping mapping_;
};

}  // namespace rb
