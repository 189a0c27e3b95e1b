// Changes to images that know what an image is made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace rb::test {

/// The same bytes with one change, or a few: a field of a record gets a value that means
/// something (another record's, one beside it, a limit, an index around the end of the
/// section that it points into), a record is added, dropped, doubled or swapped with another, or,
/// rarely, bytes are changed blindly. Checksums are right, mostly. What is no image is
/// returned with random bytes changed.
/// @param limit  bytes; what would be longer is not changed
[[nodiscard]] std::vector<std::byte> mutate_image(std::span<const std::byte> bytes,
                                                  std::size_t limit, std::mt19937_64& random);

}  // namespace rb::test
