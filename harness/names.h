// Names in registries and lists on the command line.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rb {

/// The pieces between separators; one empty piece for an empty text.
[[nodiscard]] inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const auto end = text.find(separator);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

/// The entry of that name, or nullptr.
template <class Entry>
[[nodiscard]] const Entry* find_named(std::span<const Entry* const> registry,
                                      std::string_view name) {
  for (const Entry* entry : registry) {
    if (entry->name == name) return entry;
  }
  return nullptr;
}

/// "a, b, c", in the order of the registry.
template <class Entry>
[[nodiscard]] std::string joined_names(std::span<const Entry* const> registry,
                                       std::string_view separator = ", ") {
  std::string text;
  for (const Entry* entry : registry) {
    if (!text.empty()) text += separator;
    text += entry->name;
  }
  return text;
}

}  // namespace rb
