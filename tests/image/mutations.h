// For every field of every record: a value that the validator must refuse, and
// its exact words; or the statement that every value is a valid one.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace rb::test {

/// One field of the sample image, changed.
struct Mutation {
  std::string_view section;
  std::size_t index;
  std::string_view field;
  std::uint64_t value;
  std::string_view error;  ///< all of it
};
[[nodiscard]] std::span<const Mutation> mutations();

/// A field whose every value is valid: only the checksum can tell.
struct AnyValue {
  std::string_view section;
  std::string_view field;
};
[[nodiscard]] std::span<const AnyValue> any_values();

}  // namespace rb::test
