// Files whose contents an image has: memfds, and files that have no name any more.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "harness/capture/found.h"
#include "harness/capture/refusals.h"
#include "image/writer.h"

namespace rb::capture {

/// What /proc adds to the path of a file whose name is gone.
inline constexpr std::string_view kDeleted = " (deleted)";

/// Whether what /proc calls so may be such a file: "/memfd:NAME (deleted)", "PATH (deleted)".
[[nodiscard]] bool is_kept_file(std::string_view path);

/// Finds the file among those that are kept, or adds it.
/// @param path  what /proc calls it
/// @param link  in /proc, that it can be opened by
/// @param who  has it, for messages
/// @return its number; nothing if it was refused
[[nodiscard]] Result<std::optional<std::uint32_t>> keep_file(FoundTree& found,
                                                             const std::string& path,
                                                             const std::string& link,
                                                             const std::string& who,
                                                             Refusals& refusals);

/// Adds the backings of kept files, by their numbers: before all others.
[[nodiscard]] Status add_kept_files(const FoundTree& found, ImageWriter& writer);

/// Adds what of a file is not a hole to the runs of a backing. It is copied when the image is
/// written.
/// @param link  in /proc
[[nodiscard]] Status add_file_runs(const std::string& link, std::uint64_t size, ImageWriter& writer,
                                   rbi_backing& backing);

}  // namespace rb::capture
