// The validator: decides whether bytes are an image.
#pragma once

#include <cstddef>
#include <span>

#include "base/error.h"
#include "image/image.h"

namespace rb {

/// Checks every count, index, range and value of an image, in O(size), and
/// trusts none of them before it was checked. Never reads outside bytes.
///
/// The error (kBadImage) names section, record number and field, the value
/// found, and the rule it breaks: "vmas[3].end 0x1000: must lie above start".
///
/// @param bytes     the file, at an 8-byte aligned address
/// @param contents  whether the checksum of the pages is checked, too
[[nodiscard]] Status validate(std::span<const std::byte> bytes, CheckContents contents);

/// XXH64 of the metadata as the header's checksum field has it. The caller
/// guarantees a complete header and metadata_size <= bytes.size().
[[nodiscard]] __u64 metadata_checksum(std::span<const std::byte> bytes);

}  // namespace rb
