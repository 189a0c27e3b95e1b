// Builds images: append records, then write a file.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "image/format.h"
#include "image/image.h"

namespace rb {

/// Fills the pages of one run; called once, with exactly pages * 4096 bytes
/// that read as zero.
using FillPages = std::function<void(std::span<std::byte>)>;

/// Reads a part of the pages of one run.
/// @param offset  in the run, bytes
/// @return errno
using ReadPages = std::function<int(std::uint64_t offset, std::span<std::byte> to)>;

/// A socket without a name and a peer. @param state  enum rbi_socket_state
[[nodiscard]] inline rbi_socket unnamed_socket(__u32 family, __u32 type, __u32 state) {
  rbi_socket socket{};
  socket.family = family;
  socket.type = type;
  socket.state = state;
  socket.peer = socket.path = RBI_NONE;
  return socket;
}

/// Collects the records of an image in memory. Tables are public: append in
/// the order that format.h asks for; an index is the position at which a
/// record stands. Page contents are produced only when the image is written.
class ImageWriter {
 public:
  std::vector<rbi_task> tasks;
  std::vector<rbi_group> groups;
  std::vector<rbi_mm> mms;
  std::vector<rbi_vma> vmas;
  std::vector<rbi_backing> backings;
  std::vector<rbi_auxv> auxv;
  std::vector<rbi_files> files;
  std::vector<rbi_fd> fds;
  std::vector<rbi_ofd> ofds;
  std::vector<rbi_pipe> pipes;
  std::vector<rbi_fs> fs;
  std::vector<rbi_sighand> sighands;
  std::vector<rbi_action> actions;
  std::vector<rbi_siginfo> pending;
  std::vector<rbi_registers> registers;
  std::vector<rbi_credentials> credentials;
  std::vector<rbi_gid> gids;
  std::vector<rbi_limit> limits;
  std::vector<rbi_timer> timers;
  std::vector<rbi_lock> locks;
  std::vector<rbi_zombie> zombies;
  std::vector<rbi_pty> ptys;
  std::vector<rbi_fixture> fixtures;
  std::vector<rbi_socket> sockets;
  std::vector<rbi_message> messages;
  std::vector<rbi_event> events;
  std::vector<rbi_epoll_item> epoll_items;
  std::vector<rbi_watch> watches;

  /// Appends a page run. Runs of one mm or backing must be added one after
  /// the other. Runs that share `fill` bytes are not merged.
  /// @return its index in RBI_SEC_RUNS
  std::uint32_t add_run(std::uint64_t address, std::uint64_t pages, FillPages fill);

  /// The same for contents that are somewhere already: read when the image is written, which
  /// fails if that does.
  std::uint32_t add_run_from(std::uint64_t address, std::uint64_t pages, ReadPages read);

  /// Number of runs so far: the index that the next add_run() returns.
  [[nodiscard]] std::uint32_t run_count() const noexcept {
    return static_cast<std::uint32_t>(runs_.size());
  }

  /// Interns a string (equal strings are stored once). @return its reference
  std::uint32_t add_string(std::string_view text);

  /// Appends contents of a pipe, a pseudo-terminal or a message. @return offset into RBI_SEC_BYTES
  std::uint64_t add_bytes(std::span<const std::byte> bytes);

  /// Appends an XSAVE area, aligned to 64. @return offset into RBI_SEC_XSTATES
  std::uint64_t add_xstate(std::span<const std::byte> area);

  /// Writes the image into an empty, writable, mappable file. The result is
  /// not validated: Image::from_fd() does that.
  [[nodiscard]] Status write(int fd) const;

  /// Writes to a temporary file beside path and renames it into place.
  [[nodiscard]] Status write_file(const std::string& path) const;

  /// Writes into a new memfd and opens it, validated.
  [[nodiscard]] Result<Image> to_image() const;

 private:
  struct Run {
    std::uint64_t address;
    std::uint64_t pages;
    FillPages fill;
    ReadPages read;
  };
  std::vector<Run> runs_;
  std::vector<std::byte> bytes_;
  std::vector<std::byte> xstates_;
  std::string strings_;
  std::vector<std::pair<std::string, std::uint32_t>> interned_;  // sorted by string
};

}  // namespace rb
