// --filter: which cells to run, by name.
#pragma once

#include <regex>
#include <string>
#include <string_view>

#include "base/error.h"

namespace rb {

/// A regular expression (ECMAScript) that is searched for in cell names. With a
/// '-' in front it selects what it does not match, as --benchmark_filter does.
class Filter {
 public:
  /// Errors (kUsage): not a regular expression. Empty text selects everything.
  [[nodiscard]] static Result<Filter> parse(std::string_view text);

  [[nodiscard]] bool selects(const std::string& name) const {
    return std::regex_search(name, pattern_) != negated_;
  }

 private:
  std::regex pattern_;
  bool negated_ = false;
};

}  // namespace rb
