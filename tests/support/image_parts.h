// An image taken apart, so that records can be added and removed, and put together again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "image/format.h"

namespace rb::test {

/// The sections and pages of an image. Put together again, the layout and the checksums
/// are right, whatever the records say: what remains to be refused are records.
class ImageParts {
 public:
  /// nullopt: the bytes have no header, or sections that lie outside of them. Nothing
  /// else is checked.
  [[nodiscard]] static std::optional<ImageParts> take_apart(std::span<const std::byte> bytes);

  /// Page runs follow the pages, whose place changes with the size of the sections.
  [[nodiscard]] std::vector<std::byte> put_together() const;

  /// The bytes of a section: records of record_size() each.
  [[nodiscard]] std::vector<std::byte>& section(std::size_t index) { return sections_[index]; }
  [[nodiscard]] static std::size_t record_size(std::size_t index);
  [[nodiscard]] std::size_t count(std::size_t index) const {
    return sections_[index].size() / record_size(index);
  }

 private:
  rbi_header header_{};
  std::array<std::vector<std::byte>, RBI_SEC_COUNT> sections_;
  std::vector<std::byte> pages_;
};

/// Recomputes both checksums of what may be an image.
void seal(std::span<std::byte> bytes);

}  // namespace rb::test
