// References that need no tree: one stage of a restart done in this process.
#pragma once

#include "strategies/strategy.h"

namespace rb {

/// Opens and places all descriptors of an image, one table after the other, by
/// one open(2) or fcntl(F_DUPFD) each: the least that filling tables can cost.
extern const Strategy kBareFiles;

/// Copies the contents of all mms of an image once into fresh anonymous pages:
/// the least that restoring memory can cost.
extern const Strategy kBareMemory;

}  // namespace rb
