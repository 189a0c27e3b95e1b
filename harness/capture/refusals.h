// What of a tree cannot be saved.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace rb::capture {

/// Collects everything that stands in the way, so that the user need not find it one by one.
class Refusals {
 public:
  /// One sentence that names the task, what it has, and what to do about it.
  template <class... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    add(fmt::format(format, std::forward<Arguments>(arguments)...));
  }
  void add(std::string sentence);

  [[nodiscard]] bool empty() const { return sentences_.empty(); }

  /// All of them as one kUnsupported error, or success.
  [[nodiscard]] Status status(std::string_view root) const;

 private:
  std::vector<std::string> sentences_;
};

}  // namespace rb::capture
