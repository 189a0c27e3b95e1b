// From what was found to an image.
#pragma once

#include "base/error.h"
#include "harness/capture/found.h"
#include "image/writer.h"

namespace rb::capture {

/// Fills in everything but memory, for which see add_memory().
void add_records(const FoundTree& found, ImageWriter& writer);

}  // namespace rb::capture
