// The records of an image, section by section.
#pragma once

#include <cstddef>
#include <span>

#include "image/format.h"

namespace rb {

/// Typed views of the sections of a validated image in memory. Owns nothing.
class ImageTables {
 public:
  [[nodiscard]] const rbi_header& header() const noexcept {
    return *reinterpret_cast<const rbi_header*>(base_);
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
  [[nodiscard]] std::span<const rbi_pty> ptys() const { return table<rbi_pty>(RBI_SEC_PTYS); }
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

 protected:
  /// @param base  where the image begins, aligned to 8; it must stay there
  explicit ImageTables(const std::byte* base) noexcept : base_(base) {}

  [[nodiscard]] const std::byte* section(rbi_section kind) const {
    return base_ + header().sections[kind].offset;
  }

 private:
  template <class Record>
  [[nodiscard]] std::span<const Record> table(rbi_section kind) const {
    return {reinterpret_cast<const Record*>(section(kind)), header().sections[kind].count};
  }

  const std::byte* base_;
};

}  // namespace rb
