// Where this CPU puts the components of an XSAVE area.
#pragma once

#include <array>
#include <cstddef>

namespace rb {

inline constexpr unsigned kXsaveComponents = 63;

/// A component's place in an area in the standard format, in bytes.
struct XsavePart {
  std::size_t offset = 0;
  std::size_t size = 0;  ///< 0 = user space has none of that number
};

/// By number of the component. x87 and SSE, 0 and 1, share the first 512 bytes: the former has no
/// part, the latter has xmm0 to xmm15. Asks the CPU once, as in a virtual machine each
/// cpuid instruction takes some microseconds.
[[nodiscard]] const std::array<XsavePart, kXsaveComponents>& xsave_parts();

}  // namespace rb
