#include "harness/filter.h"

#include <fmt/format.h>

namespace rb {

Result<Filter> Filter::parse(std::string_view text) {
  Filter filter;
  filter.negated_ = text.starts_with('-');
  const std::string_view pattern = text.substr(filter.negated_ ? 1 : 0);
  try {
    filter.pattern_.assign(pattern.begin(), pattern.end());
  } catch (const std::regex_error& error) {
    return fail(ErrorKind::kUsage, fmt::format("--filter: '{}' is not a regular expression: {}",
                                               pattern, error.what()));
  }
  return filter;
}

}  // namespace rb
