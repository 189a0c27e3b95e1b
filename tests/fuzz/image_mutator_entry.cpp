// libFuzzer's door to the mutator of images: the targets that read images link this.
#include <algorithm>
#include <cstring>

#include "tests/support/image_mutator.h"

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t limit, unsigned int seed) {
  std::mt19937_64 random(seed);
  const auto changed =
      rb::test::mutate_image({reinterpret_cast<const std::byte*>(data), size}, limit, random);
  const std::size_t length = std::min(changed.size(), limit);
  std::memcpy(data, changed.data(), length);
  return length;
}
