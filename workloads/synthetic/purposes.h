// What seeds are derived for; the numbers are part of every image's bytes.
#pragma once

#include <cstdint>

namespace rb {

enum SeedPurpose : std::uint32_t {
  kSeedRegisters = 1,
  kSeedXstate,
  kSeedRflags,
  kSeedGsBase,
  kSeedStack,
  kSeedPipe,
  kSeedFile,
  kSeedMemory,
  kSeedHeap,
  kSeedSignal,
  kSeedTimer,
  kSeedPort,
  kSeedMessage,
};

}  // namespace rb
