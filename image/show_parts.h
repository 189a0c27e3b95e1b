// Parts of the readable description of an image.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "image/image.h"

namespace rb::show {

/// The text so far, and how long its lists may get.
class Page {
 public:
  explicit Page(bool verbose) : verbose_(verbose) {}

  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    text_ += fmt::format(format, std::forward<Args>(args)...);
    text_ += '\n';
  }
  void blank() { text_ += '\n'; }

  /// How many of count rows to show.
  [[nodiscard]] std::size_t rows(std::size_t count) const {
    return verbose_ || count <= kMaxRows ? count : kMaxRows;
  }
  /// Says how many were left out, if any.
  void rest(std::size_t count, std::string_view what, std::string_view indent) {
    if (rows(count) < count) line("{}... and {} more {}", indent, count - rows(count), what);
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  static constexpr std::size_t kMaxRows = 32;
  bool verbose_;
  std::string text_;
};

/// "SIGUSR1" or, for signals without a name, "signal 40".
[[nodiscard]] std::string signal_name(unsigned signal);
/// "SIGINT,SIGUSR1"; "none" for an empty mask.
[[nodiscard]] std::string signal_list(__u64 mask);
/// "1 task", "2 tasks"
[[nodiscard]] std::string counted(std::size_t count, std::string_view what);

void task_tree(Page& page, const Image& image);
void address_spaces(Page& page, const Image& image);
void descriptors(Page& page, const Image& image);
void pseudo_terminals(Page& page, const Image& image);
/// What is unread in sockets, what epoll and inotify instances watch, locks.
void open_files(Page& page, const Image& image);
/// One description of a kind without a table of its own in descriptors().
[[nodiscard]] std::string special_text(const Image& image, const rbi_ofd& ofd);
/// Zombies, credentials, limits and timers.
void processes(Page& page, const Image& image);
void signals(Page& page, const Image& image);

}  // namespace rb::show
