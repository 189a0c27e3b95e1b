// How much of an image is in memory.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace rb {

/// Share of the mapped pages that an access would not have to read from a disk:
/// mincore(2). Nothing if it cannot be said.
[[nodiscard]] std::optional<double> resident_share(std::span<const std::byte> mapping);

}  // namespace rb
