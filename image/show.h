// Shows an image to people and to programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "image/image.h"

namespace rb {

/// A readable description: a summary, the tree of tasks with the objects that
/// each uses, and a table for each kind of object. Ends with a newline; escapes
/// everything but printable ASCII in names and paths.
///
/// @param verbose  all rows of all lists; otherwise the first of each list and
///                 how many more there are
[[nodiscard]] std::string show_text(const Image& image, bool verbose = false);

/// Every field of every record, by the names of format.h: "header" (an
/// object), "sections" and each section of records (arrays). Addresses, masks
/// and flags are strings ("0x1000", "0644") as they may not fit a JSON number;
/// RBI_NONE is null; a reference F to a string has the string as F_string
/// beside it. Page contents, pipe contents and XSAVE areas are left out.
[[nodiscard]] nlohmann::ordered_json show_json(const Image& image);

}  // namespace rb
