// Address spaces: mappings, and which of their pages have contents.
#pragma once

#include "base/error.h"
#include "harness/capture/found.h"
#include "harness/capture/refusals.h"
#include "image/writer.h"

namespace rb::capture {

/// Reads each mm's mappings, layout, and the places of its contents; nothing is copied.
/// Refuses mappings that an image has no place for.
[[nodiscard]] Status find_memory(FoundTree& found, Refusals& refusals);

/// Adds mms with their VMAs, backings and runs to an image. Contents are copied when that is
/// written: the tasks must stay stopped until then.
[[nodiscard]] Status add_memory(const FoundTree& found, ImageWriter& writer);

}  // namespace rb::capture
