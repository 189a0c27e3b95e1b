// What the checks of a verification find, on its way to the caller.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "harness/verify/verify.h"

namespace rb {

/// Sends differences through a pipe as they are found, one line each, so that
/// what was found before a timeout is not lost. Only the first
/// kMaxDifferences are sent; all are counted.
class Findings {
 public:
  /// @param fd  where lines are written to; not taken over
  explicit Findings(int fd) noexcept : fd_(fd) {}

  /// Adds one sentence. Control characters (of task names, paths) are escaped.
  void add(std::string_view text);

  template <class... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    add(std::string_view(fmt::format(format, std::forward<Arguments>(arguments)...)));
  }

  /// Has the caller let the tree go from the barrier, while the checks go on.
  void release() const;

  [[nodiscard]] std::size_t count() const noexcept { return count_; }

  /// Ends the report: with the number of differences, or with an error of the
  /// verifier itself. Exactly one of them must be sent, or the report is
  /// taken for that of a verifier that died.
  void finish() const;
  void fail_with(const Error& error) const;

 private:
  void send(char kind, std::string_view text) const;

  int fd_;
  std::size_t count_ = 0;
};

/// Whether what came through the pipe so far asks for the tree's release.
[[nodiscard]] bool asks_for_release(std::string_view text);

/// Reads what a Findings wrote.
/// @param text  everything that came through the pipe
[[nodiscard]] Result<Verification> parse_findings(std::string_view text);

}  // namespace rb
