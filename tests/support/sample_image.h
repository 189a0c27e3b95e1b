// A small, complete image made by hand: every section has records, every kind
// of record occurs. For tests of readers, validators and dumps; its tasks have
// no code to run.
#pragma once

#include "image/writer.h"

namespace rb::test {

/// Two processes with one of their own, and a thread; see sample_image.cpp.
[[nodiscard]] ImageWriter sample_image();

}  // namespace rb::test
