// An image as bytes that a test may damage.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "image/fields.h"
#include "image/image.h"
#include "image/writer.h"

namespace rb::test {

/// A copy of an image in memory of exactly its size, so that a read past the
/// end is one past an allocation, which AddressSanitizer sees.
class ImageBytes {
 public:
  explicit ImageBytes(const ImageWriter& writer);
  ImageBytes(std::span<const std::byte> bytes);

  [[nodiscard]] std::span<std::byte> bytes() { return bytes_; }
  [[nodiscard]] rbi_header& header() { return *reinterpret_cast<rbi_header*>(bytes_.data()); }

  /// The first byte of a record: `section` is "header", "sections" or the name
  /// of a section.
  [[nodiscard]] std::byte* record(std::string_view section, std::size_t index);

  /// Overwrites an element of a field.
  void set(std::string_view section, std::size_t index, std::string_view field, std::uint64_t value,
           std::uint32_t element = 0);
  [[nodiscard]] std::uint64_t get(std::string_view section, std::size_t index,
                                  std::string_view field, std::uint32_t element = 0);

  /// Recomputes both checksums, so that only the validator's rules remain.
  void reseal();

  /// The validator's error, or "" if it accepts the image.
  [[nodiscard]] std::string verdict(CheckContents contents = CheckContents::kYes) const;

 private:
  std::vector<std::byte> bytes_;
};

/// The record type of that name: "header", "sections" or a section's.
[[nodiscard]] const RecordType& type_named(std::string_view name);

/// All record types that have fields.
[[nodiscard]] std::vector<const RecordType*> all_record_types();

}  // namespace rb::test
