// The records of a captured tree.
#pragma once

#include "image/writer.h"

namespace rb {

/// Adds those of a tree that has one of everything.
void add_captured(ImageWriter& writer);

}  // namespace rb
