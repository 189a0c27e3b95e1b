// Fills memory with the pattern that the payload expects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "image/format.h"

namespace rb {

/// Word i becomes rbi_word(seed, i); a last incomplete word is cut off.
inline void fill_pattern(std::span<std::byte> bytes, std::uint64_t seed) {
  auto* words = reinterpret_cast<__u64*>(bytes.data());
  const std::size_t count = bytes.size() / sizeof(__u64);
  for (std::size_t i = 0; i < count; ++i) words[i] = rbi_word(seed, i);
  if (const std::size_t rest = bytes.size() % sizeof(__u64); rest != 0) {
    const __u64 last = rbi_word(seed, count);
    std::memcpy(bytes.data() + count * sizeof(__u64), &last, rest);
  }
}

}  // namespace rb
