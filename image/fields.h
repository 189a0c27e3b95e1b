// The one list of all fields of all records: what names them, prints them and
// lets the tests reach each of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "image/format.h"

namespace rb {

/// How a field is meant to be read, and therefore printed.
enum class FieldFormat : std::uint8_t {
  kDecimal,  ///< unsigned number
  kSigned,   ///< two's complement number
  kHex,      ///< address, mask, flags or checksum
  kOctal,    ///< permission bits, flags of open(2)
  kIndex,    ///< record of the section `target`, or RBI_NONE
  kString,   ///< reference into RBI_SEC_STRINGS, or RBI_NONE
  kText,     ///< characters in place, NUL-padded
};

/// One field of a record: `count` little-endian elements of `size` bytes each.
struct Field {
  std::string_view name;  ///< as in format.h
  std::uint32_t offset;   ///< bytes from the start of the record
  std::uint32_t size;     ///< bytes of one element: 4 or 8; any for kText
  std::uint32_t count;    ///< 1 unless the field is an array
  FieldFormat format;
  rbi_section target = RBI_SEC_COUNT;  ///< kIndex only
};

/// A type of record.
struct RecordType {
  std::string_view name;          ///< of the section: "tasks"; else "header", "sections"
  std::uint32_t size;             ///< bytes; 1 for the byte sections
  std::span<const Field> fields;  ///< in order of offset, without gaps; none for bytes
};

/// The record type of a section.
[[nodiscard]] const RecordType& record_type(rbi_section section);

/// The header without its table of sections, and one entry of that table.
[[nodiscard]] const RecordType& header_type();
[[nodiscard]] const RecordType& section_ref_type();

/// The field of that name; it must exist.
[[nodiscard]] const Field& field_of(const RecordType& type, std::string_view name);

/// An element of a field as a number; kSigned is sign-extended, kText is 0.
[[nodiscard]] std::uint64_t field_value(const std::byte* record, const Field& field,
                                        std::uint32_t element = 0);

/// A value as a field of that format prints it: "12", "-6", "0x1000", "0644",
/// "none" for RBI_NONE where a field is an index or a reference.
[[nodiscard]] std::string value_text(FieldFormat format, std::uint64_t value);

/// An element of a field as value_text() has it; kText is quoted().
[[nodiscard]] std::string field_text(const std::byte* record, const Field& field,
                                     std::uint32_t element = 0);

/// "text" in quotes; everything but printable ASCII as \xNN.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace rb
