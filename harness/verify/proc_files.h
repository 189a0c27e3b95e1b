// Reading files, links and directories of /proc.
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace rb {

/// A value, or the errno of the call that failed.
template <class T>
using OrErrno = tl::expected<T, int>;

/// The whole file.
[[nodiscard]] OrErrno<std::string> read_whole_file(const std::string& path);

/// The target of a link.
[[nodiscard]] OrErrno<std::string> read_link(const std::string& path);

/// The entries of a directory that are numbers, ascending.
[[nodiscard]] OrErrno<std::vector<std::uint32_t>> list_numbers(const std::string& directory);

/// Whether a path as /proc shows it is the one that an image names: equal, or
/// equal once the symbolic links in the image's are followed.
[[nodiscard]] bool same_path(const std::string& found, const std::string& named);

}  // namespace rb
