// The payload as bytes, and the names of its checks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace rb {

/// The payload's code, whole pages, to be mapped at PAYLOAD_CODE, read and execute.
[[nodiscard]] std::span<const std::byte> payload_blob();

/// What an enum payload_check is about: "signal mask".
[[nodiscard]] std::string_view payload_check_name(std::uint32_t check);

}  // namespace rb
